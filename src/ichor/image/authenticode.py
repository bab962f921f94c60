"""Signing PE files for Secure Boot: Authenticode, as UEFI firmware checks it.

    image, padded to 8 | WIN_CERTIFICATE: u32 length, u16 revision, u16 type | PKCS #7 | padding

What is signed is a digest of all but the checksum, the place of the certificates and they
themselves. «Windows Authenticode Portable Executable Signature Format»; UEFI 2.10, 32.2.4. There is
no time in it, and RSA by PKCS #1 has no randomness: the same image gives the same bytes.
"""

import hashlib
import struct
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from ichor.errors import InputError
from ichor.formats import pe
from ichor.pki.der import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, tlv

_REVISION, _PKCS7 = 0x0200, 0x0002
_WIN_CERTIFICATE: Final = struct.Struct("<IHH")
_ALIGNMENT: Final = 8
_NULL: Final = b"\x05\x00"
_IMPLICIT_0: Final = 0xA0

_SIGNED_DATA: Final = "2a864886f70d010702"
_INDIRECT_DATA: Final = "2b060104018237020104"  # SPC_INDIRECT_DATA_OBJID
_IMAGE_DATA: Final = "2b06010401823702010f"  # SPC_PE_IMAGE_DATAOBJ
_CONTENT_TYPE, _MESSAGE_DIGEST = "2a864886f70d010903", "2a864886f70d010904"
_SHA256, _RSA = "608648016503040201", "2a864886f70d010101"


def sign(image: bytes, certificate: str, key: str) -> bytes:
    """Give the image with a signature by the key; both PEM, the key RSA.

    Raises FormatError if it is no image, or has a signature; InputError for a key of another kind.
    """
    private = load_pem_private_key(key.encode(), None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise InputError("expected an RSA key: firmware knows no other")
    signer = x509.load_pem_x509_certificate(certificate.encode())
    whole = image + bytes(-len(image) % _ALIGNMENT)
    signature = _signed_data(_content(pe.digest(whole)), signer, private)
    body = signature + bytes(-len(signature) % _ALIGNMENT)
    head = _WIN_CERTIFICATE.pack(_WIN_CERTIFICATE.size + len(body), _REVISION, _PKCS7)
    return pe.with_certificates(whole, head + body)


def _content(digest: bytes) -> bytes:
    """Give what SpcIndirectDataContent holds: that it is an image, and its digest."""
    obsolete = tlv(0x80, "<<<Obsolete>>>".encode("utf-16-be"))
    file = tlv(_IMPLICIT_0, tlv(0xA2, obsolete))
    what = tlv(SEQUENCE, _oid(_IMAGE_DATA), tlv(SEQUENCE, tlv(0x03, b"\0"), file))
    return what + tlv(SEQUENCE, _algorithm(_SHA256), tlv(OCTET_STRING, digest))


def _signed_data(content: bytes, signer: x509.Certificate, key: rsa.RSAPrivateKey) -> bytes:
    """Give PKCS #7 (RFC 2315): what is digested is the content without its tag and length."""
    attributes = tlv(SEQUENCE, _oid(_CONTENT_TYPE), tlv(SET, _oid(_INDIRECT_DATA))) + tlv(
        SEQUENCE,
        _oid(_MESSAGE_DIGEST),
        tlv(SET, tlv(OCTET_STRING, hashlib.sha256(content).digest())),
    )
    signature = key.sign(tlv(SET, attributes), padding.PKCS1v15(), hashes.SHA256())
    serial = signer.serial_number.to_bytes(signer.serial_number.bit_length() // 8 + 1, "big")
    who = tlv(
        SEQUENCE,
        tlv(INTEGER, b"\1"),
        tlv(SEQUENCE, signer.issuer.public_bytes(), tlv(INTEGER, serial)),
        _algorithm(_SHA256),
        tlv(_IMPLICIT_0, attributes),
        _algorithm(_RSA),
        tlv(OCTET_STRING, signature),
    )
    encapsulated = tlv(_IMPLICIT_0, tlv(SEQUENCE, content))
    data = tlv(
        SEQUENCE,
        tlv(INTEGER, b"\1"),
        tlv(SET, _algorithm(_SHA256)),
        tlv(SEQUENCE, _oid(_INDIRECT_DATA), encapsulated),
        tlv(_IMPLICIT_0, signer.public_bytes(Encoding.DER)),
        tlv(SET, who),
    )
    return tlv(SEQUENCE, _oid(_SIGNED_DATA), tlv(_IMPLICIT_0, data))


def _oid(value: str) -> bytes:
    return tlv(OID, bytes.fromhex(value))


def _algorithm(oid: str) -> bytes:
    return tlv(SEQUENCE, _oid(oid), _NULL)
