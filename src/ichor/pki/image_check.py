"""Would firmware start this image? Its signatures against `db` and `dbx` (UEFI 2.10, 32.5.3.3).

    digest of the image in dbx                       refused
    a signer, or who vouches for it, in dbx          refused
    digest of the image in db                        good
    a signature that fits, and leads to one in db    good
    anything else                                    refused

A signature is PKCS #7 over the image's digest («Windows Authenticode Portable Executable Signature
Format»). As firmware does, it asks nobody for the time. SHA-256 is what images are digested by; a
signature over another digest counts for none. Only the signer imports this: `cryptography` is slow.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ichor.errors import FormatError, InputError
from ichor.pki.der import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, Reader, oid, tlv
from ichor.pki.signing import CheckImage, Trust

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_INDIRECT_DATA: Final = "1.3.6.1.4.1.311.2.1.4"  # SPC_INDIRECT_DATA_OBJID
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    _SHA256: hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
_REVOKED_BY: Final = (hashlib.sha256, hashlib.sha384, hashlib.sha512)
_IMPLICIT_0, _IMPLICIT_1 = 0xA0, 0xA1
_LONGEST_CHAIN: Final = 8
_MOST_CERTIFICATES: Final = 16


class Signature(NamedTuple):
    """signer: who made it; certificates: that came with it. Of whom is nothing said yet."""

    signer: x509.Certificate
    certificates: tuple[x509.Certificate, ...]


def check(question: CheckImage) -> str:
    """Give who vouches for an image. Raises InputError where firmware would refuse it."""
    if question.digest in question.dbx.digests:
        raise InputError("the image is revoked: its digest is in dbx")
    found = list(_signatures(question))
    anchors = tuple(_certificates(question.db.certificates))
    for one in found:
        _refuse_revoked(one, anchors, question.dbx)
    if question.digest in question.db.digests:
        return "its digest, in db"
    for one in found:
        for chain in chains(one.signer, (*one.certificates, *anchors)):
            if not {_der(each) for each in anchors}.isdisjoint(map(_der, chain)):
                return one.signer.subject.rfc4514_string()
    hint = "sign it by a key whose certificate the firmware has"
    if not question.signatures:
        raise InputError("the image is not signed, and Secure Boot is on", hint=hint)
    if not found:
        raise InputError("the image is not the one that was signed", hint="have it built again")
    names = ", ".join(one.signer.subject.rfc4514_string() for one in found)
    raise InputError(f"the image is signed by {names}, which is not in db", hint=hint)


def _refuse_revoked(one: Signature, anchors: Sequence[x509.Certificate], dbx: Trust) -> None:
    """Raises InputError. A revocation with a time counts at any: no signature of ours tells one."""
    for chain in chains(one.signer, (*one.certificates, *anchors)):
        for each in chain:
            signed = each.tbs_certificate_bytes
            digests = (method(signed).digest() for method in _REVOKED_BY)
            if _der(each) in dbx.certificates or not dbx.of_certificates.isdisjoint(digests):
                raise InputError(f"{each.subject.rfc4514_string()} is revoked: it is in dbx")


def _signatures(question: CheckImage) -> Iterator[Signature]:
    """Yield those that are over this image, and by whom they say they are."""
    for data in question.signatures:
        try:
            found = read(data, question.digest)
        except (FormatError, ValueError, InvalidSignature, UnsupportedAlgorithm):
            continue
        yield found


def read(data: bytes, digest: bytes) -> Signature:
    """Read a signature of an image of this digest, and check it by its signer's certificate.

    Raises FormatError, ValueError, InvalidSignature or UnsupportedAlgorithm if it is none.
    """
    outer = Reader(data).enter(SEQUENCE)
    _expect(outer, _SIGNED_DATA)
    body = outer.enter(_IMPLICIT_0).enter(SEQUENCE)
    body.skip(INTEGER)
    body.skip(SET)
    encapsulated = body.enter(SEQUENCE)
    _expect(encapsulated, _INDIRECT_DATA)
    content = encapsulated.enter(_IMPLICIT_0).read(SEQUENCE)
    if image_digest(content) != digest:
        raise InvalidSignature
    certificates = tuple(_certificates(_each(body.enter(_IMPLICIT_0), SEQUENCE)))
    if len(certificates) > _MOST_CERTIFICATES:
        raise FormatError(f"at most {_MOST_CERTIFICATES} certificates")
    if body.peek() == _IMPLICIT_1:  # revocations: firmware has its own
        body.skip(_IMPLICIT_1)
    signers = body.enter(SET)
    signer = _signed(signers.enter(SEQUENCE), content, certificates)
    signers.end()  # Authenticode knows one
    return Signature(signer, certificates)


def image_digest(content: bytes) -> bytes:
    """Give the SHA-256 in SpcIndirectDataContent. Raises FormatError for another algorithm."""
    reader = Reader(content)
    reader.skip(SEQUENCE)
    return _digest_info(reader.enter(SEQUENCE))


def _digest_info(info: Reader) -> bytes:
    algorithm = _algorithm(info)
    if algorithm != _SHA256:
        raise FormatError("a digest by SHA-256")
    return info.read(OCTET_STRING)


def _signed(
    who: Reader, content: bytes, certificates: Sequence[x509.Certificate]
) -> x509.Certificate:
    """Give the certificate that a SignerInfo (RFC 2315, 9.2) names and fits."""
    who.skip(INTEGER)
    name = who.enter(SEQUENCE)
    issuer, serial = name.raw(SEQUENCE), int.from_bytes(name.read(INTEGER), signed=True)
    method = _HASHES[_known(_algorithm(who))]()
    attributes = who.read(_IMPLICIT_0)
    _check_attributes(Reader(attributes), method, content)
    who.skip(SEQUENCE)
    signature = who.read(OCTET_STRING)
    for one in certificates:
        if one.serial_number == serial and one.issuer.public_bytes() == issuer:
            _verify(one, signature, tlv(SET, attributes), method)
            return one
    raise FormatError("the certificate of the signer")


def _check_attributes(reader: Reader, method: hashes.HashAlgorithm, content: bytes) -> None:
    """Raises InvalidSignature where they are of another content."""
    found: dict[str, bytes] = {}
    for each in _each(reader, SEQUENCE):
        attribute = Reader(each).enter(SEQUENCE)
        name = oid(attribute.read(OID))
        if name in found:
            raise FormatError("each attribute once")
        found[name] = attribute.read(SET)
    digest = hashes.Hash(method)
    digest.update(content)
    wanted = tlv(OCTET_STRING, digest.finalize())
    is_image = Reader(found.get(_CONTENT_TYPE, b""))
    _expect(is_image, _INDIRECT_DATA)
    if found.get(_MESSAGE_DIGEST) != wanted:
        raise InvalidSignature


def _verify(
    by: x509.Certificate, signature: bytes, data: bytes, method: hashes.HashAlgorithm
) -> None:
    key = by.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), method)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, data, ec.ECDSA(method))
    else:
        raise UnsupportedAlgorithm("expected RSA or an elliptic curve")


def chains(
    one: x509.Certificate, known: Sequence[x509.Certificate], depth: int = _LONGEST_CHAIN
) -> Iterator[tuple[x509.Certificate, ...]]:
    """Yield ways from a certificate to who vouches for it, each as long as it goes."""
    further = False
    for other in dict.fromkeys(known) if depth > 1 else ():
        if other != one and vouches(other, one):
            rest = [each for each in known if each not in (one, other)]
            further = True
            yield from ((one, *chain) for chain in chains(other, rest, depth - 1))
    if not further:
        yield (one,)


def vouches(issuer: x509.Certificate, one: x509.Certificate) -> bool:
    """Tell whether a CA has signed a certificate."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    except (x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    return constraints.value.ca


def _certificates(found: Iterable[bytes]) -> Iterator[x509.Certificate]:
    """Yield those that can be read: firmware may hold what no one else understands."""
    for der in found:
        try:
            one = x509.load_der_x509_certificate(der)
            read = one.public_key(), one.subject, one.issuer  # each is read when it is asked for
        except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
            continue
        if all(read):
            yield one


def _der(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.DER)


def _each(reader: Reader, tag: int) -> Iterator[bytes]:
    while reader.more:
        yield reader.raw(tag)


def _expect(reader: Reader, name: str) -> None:
    if oid(reader.read(OID)) != name:
        raise FormatError(f"object identifier {name}")


def _algorithm(reader: Reader) -> str:
    return oid(reader.enter(SEQUENCE).read(OID))


def _known(name: str) -> str:
    if name not in _HASHES:
        raise FormatError("SHA-256, SHA-384 or SHA-512")
    return name
