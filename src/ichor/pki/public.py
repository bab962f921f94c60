"""The public half of a private key, read from its own encoding without cryptography.

RSA  RSAPrivateKey (RFC 8017 A.1.2) holds modulus and exponent
EC   ECPrivateKey (RFC 5915) holds curve and point
either may be wrapped in PKCS#8 (RFC 5958), which names the algorithm
"""

from typing import Final

from ichor.errors import FormatError
from ichor.pki import certificate, pem
from ichor.pki.der import BIT_STRING, INTEGER, OCTET_STRING, OID, SEQUENCE, Reader, tlv

_NULL: Final = b"\x05\x00"
_RSA: Final = bytes.fromhex("06092a864886f70d010101")  # rsaEncryption
_EC: Final = bytes.fromhex("06072a8648ce3d0201")  # id-ecPublicKey
_ED25519: Final = bytes.fromhex("06032b6570")  # RFC 8410
# prime256v1, secp384r1, secp521r1 (RFC 5480)
_SIGNING_CURVES: Final = frozenset(
    bytes.fromhex(text) for text in ("06082a8648ce3d030107", "06052b81040022", "06052b81040023")
)
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


def check_verifier(text: str) -> None:
    """Check that a certificate or public key, PEM, is one with a key that signs images.

    Raises FormatError. pki.signature_check has what each is good for.
    """
    blocks = pem.decode(text)
    if len(blocks) != 1 or blocks[0].label not in ("PUBLIC KEY", pem.CERTIFICATE):
        raise FormatError("one certificate or public key in PEM")
    der = blocks[0].der
    info = certificate.parse(der).public_key if blocks[0].label == pem.CERTIFICATE else der
    whole = Reader(info).enter(SEQUENCE)
    algorithm = whole.enter(SEQUENCE)
    kind = algorithm.raw(OID)
    if kind == _EC and algorithm.raw(OID) in _SIGNING_CURVES:
        return
    if kind == _RSA and rsa_numbers(pem.encode("PUBLIC KEY", info))[0].bit_length() >= 2048:
        return
    if kind != _ED25519:
        raise FormatError("a key of P-256, P-384, P-521, Ed25519, or RSA of at least 2048 bits")


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
