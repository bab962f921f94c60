"""An image is trusted by whom firmware trusts, and by nobody who was revoked."""

import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.formats.test_pe import image as stub

from ichor.apps.signer.main import reply
from ichor.errors import InputError
from ichor.formats import pe
from ichor.image import authenticode
from ichor.pki import image_check, issue
from ichor.pki.der import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, tlv
from ichor.pki.signing import CheckImage, Trust, encode, read_question

NOW = datetime(2001, 1, 1, tzinfo=UTC)  # all of them are over
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
NAMES = {hashes.SHA256: 1, hashes.SHA384: 2, hashes.SHA512: 3}
INDIRECT = bytes.fromhex("2b060104018237020104")


class Party:
    """A key and its certificate, by an issuer or by itself."""

    def __init__(
        self, name: str, key: Key, by: "Party | None" = None, *, is_ca: bool = False
    ) -> None:
        self.key = key
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate: x509.Certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.certificate.subject if by else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW)
            .not_valid_after(NOW + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .sign(by.key if by else key, hashes.SHA256())
        )
        self.der = self.certificate.public_bytes(Encoding.DER)


def rsa_key() -> Key:
    return rsa.generate_private_key(65537, 2048)


def curve_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


ROOT = Party("root", rsa_key(), is_ca=True)
BETWEEN = Party("between", curve_key(), ROOT, is_ca=True)
SIGNER = Party("signer", rsa_key(), BETWEEN)
CURVE = Party("curve", curve_key(), ROOT)
NO_CA = Party("no-ca", curve_key(), ROOT)
CLAIMS = Party("claims", curve_key(), NO_CA)
OTHER = Party("other", rsa_key(), is_ca=True)
DIGEST = hashlib.sha256(b"image").digest()
NOBODY = Trust()


def algorithm(number: int) -> bytes:
    return tlv(SEQUENCE, tlv(OID, bytes.fromhex("6086480165030402") + bytes([number])))


def attributes(content: bytes, method: hashes.HashAlgorithm) -> bytes:
    digest = hashes.Hash(method)
    digest.update(content)
    kind = tlv(OID, bytes.fromhex("2a864886f70d010903")), tlv(SET, tlv(OID, INDIRECT))
    held = (
        tlv(OID, bytes.fromhex("2a864886f70d010904")),
        tlv(SET, tlv(OCTET_STRING, digest.finalize())),
    )
    return tlv(SEQUENCE, *kind) + tlv(SEQUENCE, *held)


def signed(
    signer: Party,
    more: Sequence[Party] = (),
    method: hashes.HashAlgorithm = hashes.SHA256(),  # noqa: B008 - it has no state
    digest: bytes = DIGEST,
    about: Callable[[bytes, hashes.HashAlgorithm], bytes] = attributes,
) -> bytes:
    """Give PKCS #7 as signers of images make it."""
    info = tlv(SEQUENCE, algorithm(1), tlv(OCTET_STRING, digest))
    content = tlv(SEQUENCE, tlv(OID, b"\x2a")) + info
    said = about(content, method)
    whole = tlv(SET, said)
    if isinstance(signer.key, rsa.RSAPrivateKey):
        signature = signer.key.sign(whole, padding.PKCS1v15(), method)
    else:
        signature = signer.key.sign(whole, ec.ECDSA(method))
    serial = signer.certificate.serial_number
    name = tlv(INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1, "big"))
    who = tlv(
        SEQUENCE,
        tlv(INTEGER, b"\1"),
        tlv(SEQUENCE, signer.certificate.issuer.public_bytes(), name),
        algorithm(NAMES[type(method)]),
        tlv(0xA0, said),
        tlv(SEQUENCE, tlv(OID, b"\x2a")),
        tlv(OCTET_STRING, signature),
    )
    body = tlv(
        SEQUENCE,
        tlv(INTEGER, b"\1"),
        tlv(SET, algorithm(NAMES[type(method)])),
        tlv(SEQUENCE, tlv(OID, INDIRECT), tlv(0xA0, tlv(SEQUENCE, content))),
        tlv(0xA0, *(each.der for each in (signer, *more))),
        tlv(SET, who),
    )
    return tlv(SEQUENCE, tlv(OID, bytes.fromhex("2a864886f70d010702")), tlv(0xA0, body)) + bytes(5)


def trust(*parties: Party) -> Trust:
    return Trust(certificates=frozenset(each.der for each in parties))


def check(*signatures: bytes, db: Trust = NOBODY, dbx: Trust = NOBODY) -> str:
    question = CheckImage(digest=DIGEST, signatures=signatures, db=db, dbx=dbx)
    return image_check.check(question)


def refused(said: str, *signatures: bytes, db: Trust = NOBODY, dbx: Trust = NOBODY) -> None:
    with pytest.raises(InputError, match=said):
        check(*signatures, db=db, dbx=dbx)


def test_what_our_own_signer_signs_is_trusted_by_its_certificate() -> None:
    pair = issue.make_signer("ours", now=NOW, entropy=os.urandom)
    image = authenticode.sign(pe.append(stub(), [(".linux", b"k" * 9)]), *pair_of(pair))
    der = x509.load_pem_x509_certificate(pair.certificate.encode()).public_bytes(Encoding.DER)
    question = CheckImage(
        digest=pe.digest(image),
        signatures=pe.signatures(image),
        db=Trust(certificates=frozenset({der})),
        dbx=NOBODY,
    )
    asked = read_question(encode(question))
    assert asked == question
    assert reply(asked, NOW).text == "CN=ours"
    changed = image.replace(b"k" * 9, b"k" * 8 + b"l")
    question = CheckImage(
        digest=pe.digest(changed),
        signatures=pe.signatures(changed),
        db=question.db,
        dbx=NOBODY,
    )
    assert "not the one that was signed" in reply(question, NOW).error


def pair_of(pair: issue.Pair) -> tuple[str, str]:
    return pair.certificate, pair.key


@pytest.mark.parametrize("method", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
@pytest.mark.parametrize("signer", [SIGNER, CURVE], ids=["rsa", "curve"])
def test_keys_of_both_kinds_sign(signer: Party, method: hashes.HashAlgorithm) -> None:
    name = signer.certificate.subject.rfc4514_string()
    assert check(signed(signer, method=method), db=trust(signer)) == name


def test_firmware_asks_nobody_for_the_time() -> None:
    assert check(signed(SIGNER), db=trust(SIGNER))


def test_who_is_vouched_for_by_one_in_db_is_trusted() -> None:
    assert check(signed(SIGNER, [BETWEEN]), db=trust(ROOT)) == "CN=signer"
    assert check(signed(SIGNER, [BETWEEN]), db=trust(BETWEEN)) == "CN=signer"
    refused("CN=signer, which is not in db", signed(SIGNER), db=trust(ROOT))
    refused("CN=signer, which is not in db", signed(SIGNER, [BETWEEN]), db=trust(OTHER))


def test_who_is_no_authority_vouches_for_nobody() -> None:
    refused("CN=claims, which is not in db", signed(CLAIMS, [NO_CA]), db=trust(ROOT))


def test_an_image_without_a_signature_is_refused() -> None:
    refused("is not signed", db=trust(SIGNER))


def test_a_signature_of_another_image_is_refused() -> None:
    other = hashlib.sha256(b"another").digest()
    refused("not the one that was signed", signed(SIGNER, digest=other), db=trust(SIGNER))


def test_attributes_of_other_content_are_refused() -> None:
    def of_other(content: bytes, method: hashes.HashAlgorithm) -> bytes:
        return attributes(content + b"!", method)

    def twice(content: bytes, method: hashes.HashAlgorithm) -> bytes:
        return attributes(content + b"!", method) + attributes(content, method)

    for about in (of_other, twice, lambda _, __: b""):
        refused("not the one", signed(SIGNER, about=about), db=trust(SIGNER))


def test_a_signature_that_another_key_made_is_refused() -> None:
    forged = Party("signer", rsa_key(), BETWEEN)
    forged.certificate, forged.der = SIGNER.certificate, SIGNER.der
    refused("not the one that was signed", signed(forged), db=trust(SIGNER))


def test_a_digest_in_db_is_enough_and_one_in_dbx_too_much() -> None:
    digests = Trust(digests=frozenset({DIGEST}))
    assert check(db=digests) == "its digest, in db"
    refused("its digest is in dbx", signed(SIGNER), db=trust(SIGNER), dbx=digests)


@pytest.mark.parametrize("who", [SIGNER, BETWEEN, ROOT])
def test_whoever_is_revoked_vouches_for_nothing(who: Party) -> None:
    signature, name = signed(SIGNER, [BETWEEN, ROOT]), who.certificate.subject.rfc4514_string()
    said = f"{name} is revoked"
    refused(said, signature, db=trust(SIGNER), dbx=trust(who))
    for method in (hashlib.sha256, hashlib.sha384, hashlib.sha512):
        digest = method(who.certificate.tbs_certificate_bytes).digest()
        dbx = Trust(of_certificates=frozenset({digest}))
        refused(said, signature, db=trust(SIGNER), dbx=dbx)
    good_too = signed(CURVE)
    refused(said, good_too, signature, db=trust(CURVE, SIGNER), dbx=trust(who))


def test_one_good_signature_of_several_is_enough() -> None:
    other = signed(SIGNER, digest=hashlib.sha256(b"another").digest())
    assert check(other, signed(OTHER), signed(CURVE), db=trust(CURVE)) == "CN=curve"


def test_what_is_in_db_and_no_certificate_is_passed_over() -> None:
    db = Trust(certificates=frozenset({b"", b"no certificate", SIGNER.der}))
    assert check(signed(SIGNER), db=db)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_changed_byte_of_what_is_signed_makes_it_fit(data: st.DataObject) -> None:
    whole = GOOD
    at = data.draw(st.integers(0, len(whole) - 6))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(whole)
    changed[at] ^= 1 << bit
    try:
        said = check(bytes(changed), db=trust(SIGNER))
    except InputError:
        return
    # What is not signed in PKCS #7: versions, names of algorithms beside the digest's.
    assert said == "CN=signer"
    assert read_parts(bytes(changed)) == read_parts(whole)


def read_parts(data: bytes) -> tuple[bytes, bytes]:
    found = image_check.read(data, DIGEST)
    return found.signer.public_bytes(Encoding.DER), DIGEST


GOOD = signed(SIGNER)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_a_clear_word(data: bytes) -> None:
    refused("not the one that was signed", data, db=trust(SIGNER))
