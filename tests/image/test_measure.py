"""PCR 11 of an image, foretold; and its states, signed."""

import hashlib
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.formats.test_pe import image
from tests.image.test_uki_signing import ONE

from ichor.errors import FormatError, InputError
from ichor.formats import measured, pcrsig, pe
from ichor.image import authenticode, measure
from ichor.pki.issue import key_pem
from ichor.protocols.tpm2 import policy

LINE = "dm-mod.create=root,,,ro,0 8 verity 1 A A 4096 4096 1 2 sha256 " + "ab" * 32 + " - 1 p"
PARTS = [
    (".osrel", b"ID=ichor\n"),
    (".cmdline", LINE.encode()),
    (".linux", image(b"the kernel")),
    (".unknown", b"to the stub"),
]


@cache
def key() -> rsa.RSAPrivateKey:
    return measure.make_key()


def unified(*parts: tuple[str, bytes]) -> bytes:
    return pe.append(image(), parts or PARTS)


def test_names_and_contents_are_extended_in_the_stubs_order() -> None:
    value = bytes(32)
    for text in (b".linux\0", PARTS[2][1], b".osrel\0", PARTS[0][1], b".cmdline\0", PARTS[1][1]):
        value = hashlib.sha256(value + hashlib.sha256(text).digest()).digest()
    assert measure.image_value(unified()) == value
    assert measure.image_value(unified(*reversed(PARTS))) == value
    assert measure.image_value(unified(*PARTS[1:])) != value


def test_a_section_that_is_there_twice_is_refused() -> None:
    with pytest.raises(FormatError, match=r"one section \.linux"):
        measure.image_value(unified(*PARTS, PARTS[2]))


def test_the_states_that_disks_are_opened_in_are_signed_with_the_key_that_is_measured() -> None:
    made = measure.with_signed_states(unified(), key_pem(key()))
    states = pcrsig.parse(pe.content(made, ".pcrpkey"), pe.content(made, ".pcrsig"))
    (found,) = pcrsig.by_policy(states, 11).items()
    state = measured.phases(measure.image_value(made))[measured.BOOT]
    assert found[0] == policy.pcr(policy.EMPTY, {11: state})
    key().public_key().verify(found[1], found[0], padding.PKCS1v15(), hashes.SHA256())
    assert measure.image_value(made) != measure.image_value(unified())
    assert measure.with_signed_states(unified(), key_pem(key())) == made


def test_a_key_that_tpms_may_not_know_is_refused() -> None:
    long = rsa.generate_private_key(65537, 3072)
    with pytest.raises(InputError, match=r"2048 bits.*gen secureboot pcr"):
        measure.with_signed_states(unified(), key_pem(long))


def test_the_manifest_is_the_same_whoever_signs_the_image() -> None:
    made = measure.with_signed_states(unified(), key_pem(key()))
    plain = measure.manifest(made, image(b"loader"), "1")
    signed = authenticode.sign(made, ONE.certificate, ONE.key)
    loader = authenticode.sign(image(b"loader"), ONE.certificate, ONE.key)
    assert measure.manifest(signed, loader, "1") == plain
    assert measured.read_manifest(measured.write_manifest(plain)) == plain
    assert plain.root == "ab" * 32
    assert list(plain.pcr11) == ["ichor:boot", "ichor:run"]
    other = measure.manifest(unified(), image(b"loader"), "1")
    assert other.pcr_key == ""
    assert other.pcr11 != plain.pcr11
