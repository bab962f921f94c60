"""Is one of these texts signed by this key? As cosign signs: over the bytes, by the key's own way.

    ECDSA on P-256, P-384, P-521   SHA-256, or the hash of the curve's size; ASN.1
    RSA, 2048 bits and more        PKCS #1 1.5 over SHA-256
    Ed25519                        by itself (RFC 8032)

Only the signer imports this: `cryptography` is slow.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ichor.errors import InputError
from ichor.pki.signing import CheckSignatures

_SMALLEST_RSA: Final = 2048
_OF_CURVES: Final[dict[str, hashes.HashAlgorithm]] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
_Key = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey


def check(question: CheckSignatures) -> str:
    """Give the key's kind. Raises InputError where none is by this key."""
    key = read(question.key)
    if not any(_is_signed(key, each.signature, each.data) for each in question.signed):
        raise InputError("none of the signatures is by the rule's key")
    return type(key).__name__


def read(text: str) -> _Key:
    """Read a certificate's key, or a key, PEM. Raises InputError for one that is not to be used."""
    data = text.encode()
    try:
        is_certificate = b"CERTIFICATE" in data
        key = (
            x509.load_pem_x509_certificate(data).public_key()
            if is_certificate
            else load_pem_public_key(data)
        )
    except (ValueError, UnsupportedAlgorithm) as err:
        raise InputError(f"the rule's key cannot be read: {err}") from None
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SMALLEST_RSA:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _OF_CURVES:
        return key
    expected = "P-256, P-384, P-521, Ed25519, or RSA of at least 2048 bits"
    raise InputError(f"the rule's key is of no kind that signs images: expected {expected}")


def _is_signed(key: _Key, signature: bytes, data: bytes) -> bool:
    match key:
        case ed25519.Ed25519PublicKey():
            return _holds(partial(key.verify, signature, data))
        case rsa.RSAPublicKey():
            way = padding.PKCS1v15(), hashes.SHA256()
            return _holds(partial(key.verify, signature, data, *way))
        case ec.EllipticCurvePublicKey():
            ways = (ec.ECDSA(hashes.SHA256()), ec.ECDSA(_OF_CURVES[key.curve.name]))
            return any(_holds(partial(key.verify, signature, data, way)) for way in ways)


def _holds(verify: Callable[[], None]) -> bool:
    try:
        verify()
    except InvalidSignature:
        return False
    return True
