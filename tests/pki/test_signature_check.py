"""Signatures over a text, by each kind of key that signs images."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.peers.authority import Authority, public_pem

from ichor.apps.signer.main import reply
from ichor.errors import FormatError, InputError
from ichor.pki.public import check_verifier
from ichor.pki.signature_check import check
from ichor.pki.signing import CheckSignatures, Signed

DATA = b"what is signed"
P256, P384, P521 = ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()


class Way:
    """A key, and how it signs."""

    def __init__(self, public: object, sign: Callable[[bytes], bytes]) -> None:
        assert isinstance(
            public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
        )
        raw = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.key, self.sign = raw.decode(), sign


def by_ec(curve: ec.EllipticCurve, algorithm: hashes.HashAlgorithm) -> Way:
    key = ec.generate_private_key(curve)
    return Way(key.public_key(), lambda data: key.sign(data, ec.ECDSA(algorithm)))


def by_rsa(bits: int, pad: padding.AsymmetricPadding, algorithm: hashes.HashAlgorithm) -> Way:
    key = rsa.generate_private_key(65537, bits)
    return Way(key.public_key(), lambda data: key.sign(data, pad, algorithm))


def by_ed25519() -> Way:
    key = ed25519.Ed25519PrivateKey.generate()
    return Way(key.public_key(), key.sign)


PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
WAYS: dict[str, Callable[[], Way]] = {
    "p256": lambda: by_ec(P256, hashes.SHA256()),
    "p384": lambda: by_ec(P384, hashes.SHA384()),
    "p384 as cosign 2 does": lambda: by_ec(P384, hashes.SHA256()),
    "p521": lambda: by_ec(P521, hashes.SHA512()),
    "rsa": lambda: by_rsa(2048, padding.PKCS1v15(), hashes.SHA256()),
    "ed25519": by_ed25519,
}
NO_WAYS: dict[str, Callable[[], Way]] = {
    "sha1": lambda: by_ec(P256, hashes.SHA1()),
    "another curve": lambda: by_ec(ec.SECP256K1(), hashes.SHA256()),
    "small rsa": lambda: by_rsa(1024, padding.PKCS1v15(), hashes.SHA256()),
    "pss": lambda: by_rsa(2048, PSS, hashes.SHA256()),
}


@cache
def way(name: str) -> Way:
    return (WAYS | NO_WAYS)[name]()


def question(key: str, *signatures: bytes, data: bytes = DATA) -> CheckSignatures:
    return CheckSignatures(
        key=key, signed=tuple(Signed(data=data, signature=each) for each in signatures)
    )


@pytest.mark.parametrize("name", WAYS)
def test_a_signature_by_the_key_holds(name: str) -> None:
    by = way(name)
    assert check(question(by.key, by.sign(DATA)))


@pytest.mark.parametrize("name", WAYS)
def test_a_signature_over_something_else_does_not(name: str) -> None:
    by = way(name)
    good = by.sign(DATA)
    for asked in (
        question(by.key, by.sign(b"other")),
        question(by.key, good, data=DATA + b"!"),
        question(by.key, good[:-1] + bytes([good[-1] ^ 1])),
        question(by.key, b"", os.urandom(64)),
        question(by.key),
    ):
        with pytest.raises(InputError, match="none of the signatures"):
            check(asked)


@pytest.mark.parametrize("name", NO_WAYS)
def test_a_weak_way_counts_for_none(name: str) -> None:
    by = way(name)
    with pytest.raises(InputError):
        check(question(by.key, by.sign(DATA)))


@pytest.mark.parametrize("name", ["another curve", "small rsa"])
def test_such_a_key_is_refused_before_anything_is_signed_by_it(name: str) -> None:
    with pytest.raises(FormatError, match="P-256"):
        check_verifier(way(name).key)


@pytest.mark.parametrize("name", WAYS)
def test_a_key_that_signs_images_is_known_without_cryptography(name: str) -> None:
    check_verifier(way(name).key)


def test_a_certificate_is_known_by_its_key() -> None:
    text = Authority().certificate.decode()
    check_verifier(text)
    for wrong in (text * 2, text.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "x"):
        with pytest.raises(FormatError):
            check_verifier(wrong)


def test_one_of_several_is_enough() -> None:
    mine, other = way("p256"), way("ed25519")
    assert check(question(mine.key, other.sign(DATA), mine.sign(DATA)))


def test_a_certificate_stands_for_its_key() -> None:
    authority = Authority()
    by = way("p256")
    raw, private = authority.issue("signer")
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(private, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(DATA, ec.ECDSA(hashes.SHA256()))
    assert check(question(raw.decode(), signature))
    assert check(question(public_pem(private).decode(), signature))
    with pytest.raises(InputError, match="none of the signatures"):
        check(question(authority.certificate.decode(), by.sign(DATA)))


def test_the_signer_answers_with_the_reason() -> None:
    by, now = way("p256"), datetime(2026, 1, 1, tzinfo=UTC)
    assert reply(question(by.key, by.sign(DATA)), now).error == ""
    assert "none of the signatures" in reply(question(by.key, b"x"), now).error
    assert "cannot be read" in reply(question("-----BEGIN PUBLIC KEY-----", b"x"), now).error
