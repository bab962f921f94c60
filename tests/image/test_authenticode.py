"""Images are signed as firmware checks them, and what is changed afterwards no longer fits."""

import contextlib
import hashlib
import os
import struct
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.formats.test_pe import image as stub

from ichor.errors import FormatError, InputError
from ichor.formats import pe
from ichor.image import authenticode
from ichor.pki import issue
from ichor.pki.der import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, Reader, tlv
from ichor.pki.leaf import Algorithm

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIGNER = issue.make_ca("signer", Algorithm.RSA, now=NOW, entropy=os.urandom)
SIGNER_PAIR = (SIGNER.certificate, SIGNER.key)
IMAGE = pe.append(stub(), [(".linux", b"kernel" * 999), (".cmdline", b"root=/dev/dm-0")])


def signed_data(image: bytes) -> Reader:
    place = pe.layout(image).optional + 112 + 4 * 8
    offset, size = struct.unpack_from("<II", image, place)
    length, revision, kind = struct.unpack_from("<IHH", image, offset)
    assert (offset % 8, offset + size, length) == (0, len(image), size)
    assert (revision, kind) == (0x200, 2)
    outer = Reader(image[offset + 8 :]).enter(SEQUENCE)
    outer.skip(OID)
    return outer.enter(0xA0).enter(SEQUENCE)


def test_the_signature_is_over_the_digest_of_the_image() -> None:
    image = authenticode.sign(IMAGE, *SIGNER_PAIR)
    data = signed_data(image)
    data.skip(INTEGER)
    data.skip(SET)
    content = data.enter(SEQUENCE)
    content.skip(OID)
    held = content.enter(0xA0).read(SEQUENCE)
    assert held.endswith(tlv(OCTET_STRING, pe.digest(image)))
    certificate = x509.load_der_x509_certificate(data.read(0xA0))
    who = data.enter(SET).enter(SEQUENCE)
    for tag in (INTEGER, SEQUENCE, SEQUENCE):
        who.skip(tag)
    attributes = who.read(0xA0)
    assert attributes.endswith(tlv(SET, tlv(OCTET_STRING, hashlib.sha256(held).digest())))
    who.skip(SEQUENCE)
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signature = who.read(OCTET_STRING)
    key.verify(signature, tlv(SET, attributes), padding.PKCS1v15(), hashes.SHA256())


def test_the_same_image_is_signed_the_same_way() -> None:
    first, second = (authenticode.sign(IMAGE, *SIGNER_PAIR) for _ in range(2))
    assert first == second


def test_the_digest_is_of_all_but_checksum_and_certificates() -> None:
    image = authenticode.sign(IMAGE, *SIGNER_PAIR)
    before = pe.digest(image)
    assert before == pe.digest(IMAGE + bytes(-len(IMAGE) % 8))
    optional = pe.layout(image).optional
    changed = bytearray(image)
    changed[optional + 64] ^= 1
    assert pe.digest(bytes(changed)) == before
    for at in (pe.sections(image)[-1].offset, optional + 60, len(IMAGE) - 1):
        changed = bytearray(image)
        changed[at] ^= 0x80
        with contextlib.suppress(FormatError):  # no layout that could be hashed any more
            assert pe.digest(bytes(changed)) != before


def test_a_signed_image_is_not_signed_again_and_gets_no_section() -> None:
    image = authenticode.sign(IMAGE, *SIGNER_PAIR)
    with pytest.raises(FormatError, match="without a signature"):
        authenticode.sign(image, *SIGNER_PAIR)
    with pytest.raises(FormatError, match="without a signature"):
        pe.append(image, [(".more", b"")])


def test_an_image_with_a_gap_is_refused_for_it_has_no_one_digest() -> None:
    image = bytearray(IMAGE)
    where = pe.layout(IMAGE)
    last = where.headers + (where.sections - 1) * 40
    offset = pe.sections(IMAGE)[-1].offset
    struct.pack_into("<I", image, last + 20, offset + 8)
    with pytest.raises(FormatError, match="right behind"):
        pe.digest(bytes(image))


def test_a_key_that_firmware_does_not_know_is_refused() -> None:
    other = issue.make_ca("x", Algorithm.ED25519, now=NOW, entropy=os.urandom)
    with pytest.raises(InputError, match="RSA"):
        authenticode.sign(IMAGE, other.certificate, issue.pkcs8_pem(issue.load_key(other.key)))
