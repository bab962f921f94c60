"""The public half of a private key, read from its own encoding without cryptography.

RSA  RSAPrivateKey (RFC 8017 A.1.2) holds modulus and exponent
EC   ECPrivateKey (RFC 5915) holds curve and point
either may be wrapped in PKCS#8 (RFC 5958), which names the algorithm
"""

from typing import Final

from ichor.errors import FormatError
from ichor.pki import pem
from ichor.pki.der import BIT_STRING, INTEGER, OCTET_STRING, OID, SEQUENCE, Reader, tlv

_NULL: Final = b"\x05\x00"
_RSA: Final = bytes.fromhex("06092a864886f70d010101")  # rsaEncryption
_EC: Final = bytes.fromhex("06072a8648ce3d0201")  # id-ecPublicKey
_PARAMETERS, _POINT = 0xA0, 0xA1


def public_pem(private: str) -> str:
    """Give SubjectPublicKeyInfo as PEM. Raises FormatError for keys of other kinds."""
    block = pem.decode(private)[-1]
    readers = {"RSA PRIVATE KEY": _rsa, "EC PRIVATE KEY": _ec, "PRIVATE KEY": _wrapped}
    if block.label not in readers:
        raise FormatError("an RSA or EC private key")
    return pem.encode("PUBLIC KEY", readers[block.label](block.der))


def rsa_numbers(public: str) -> tuple[int, int]:
    """Give modulus and exponent of a SubjectPublicKeyInfo, PEM. Raises FormatError."""
    block = pem.decode(public)[-1]
    if block.label != "PUBLIC KEY":
        raise FormatError("a public key as PEM")
    whole = Reader(block.der)
    info = whole.enter(SEQUENCE)
    whole.end()
    if info.enter(SEQUENCE).raw(OID) != _RSA:
        raise FormatError("a public key of RSA")
    bits = info.read(BIT_STRING)
    info.end()
    numbers = Reader(bits[1:]).enter(SEQUENCE)
    modulus, exponent = (int.from_bytes(numbers.read(INTEGER), "big") for _ in range(2))
    numbers.end()
    return modulus, exponent


def _rsa(der: bytes) -> bytes:
    key = Reader(der).enter(SEQUENCE)
    key.skip(INTEGER)
    numbers = tlv(SEQUENCE, key.raw(INTEGER) + key.raw(INTEGER))
    return _info(_RSA + _NULL, numbers)


def _ec(der: bytes, curve: bytes = b"") -> bytes:
    key = Reader(der).enter(SEQUENCE)
    key.skip(INTEGER)
    key.skip(OCTET_STRING)
    if key.peek() == _PARAMETERS:
        curve = key.enter(_PARAMETERS).raw(OID)
    if key.peek() != _POINT or not curve:
        raise FormatError("an EC key that holds its curve and point")
    point = key.enter(_POINT).read(BIT_STRING)
    return _info(_EC + curve, point[1:])


def _wrapped(der: bytes) -> bytes:
    info = Reader(der).enter(SEQUENCE)
    info.skip(INTEGER)
    algorithm = info.enter(SEQUENCE)
    kind = algorithm.raw(OID)
    inner = info.read(OCTET_STRING)
    if kind == _RSA:
        return _rsa(inner)
    if kind == _EC:
        return _ec(inner, algorithm.raw(OID))
    raise FormatError("an RSA or EC private key")


def _info(algorithm: bytes, key: bytes) -> bytes:
    return tlv(SEQUENCE, tlv(SEQUENCE, algorithm) + tlv(BIT_STRING, b"\x00" + key))
