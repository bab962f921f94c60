"""Public areas (TPM Library, part 2, 12.2.4): of the keys we have made, and of a key of RSA.

TPMT_PUBLIC: u16 type, u16 name's hash, u32 attributes, sized policy, parameters, unique

A primary key is made of a seed of its TPM and of its template: the same template gives the same
key again, for as long as the TPM keeps its seed. So none of ours is stored.
"""

from typing import Final, NamedTuple

from ichor.errors import FormatError
from ichor.protocols.tpm2 import p256, wire
from ichor.protocols.tpm2.wire import Reader, sized, u16, u32

# part 2, 8.3: TPMA_OBJECT
_FIXED_TPM, _FIXED_PARENT, _ORIGIN, _USER, _POLICY = 1 << 1, 1 << 4, 1 << 5, 1 << 6, 1 << 7
_NO_LOCKOUT, _RESTRICTED, _DECRYPT, _SIGN = 1 << 10, 1 << 16, 1 << 17, 1 << 18
_OWN: Final = _FIXED_TPM | _FIXED_PARENT | _ORIGIN
_ATTESTS: Final = _OWN | _USER | _NO_LOCKOUT | _RESTRICTED | _SIGN
_NONE: Final = u16(wire.NULL)
_AES_128_CFB: Final = u16(wire.AES) + u16(128) + u16(wire.CFB)
_NO_POINT: Final = sized(bytes(p256.SIZE)) * 2
# TCG EK Credential Profile, B.6.5: PolicySecret of the endorsement hierarchy
EK_POLICY: Final = bytes.fromhex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa")


def _ecc(attributes: int, policy: bytes, symmetric: bytes, scheme: bytes, unique: bytes) -> bytes:
    head = u16(wire.ECC) + u16(wire.SHA256) + u32(attributes) + sized(policy)
    return head + symmetric + scheme + u16(wire.P256) + _NONE + unique


# TCG TPM v2.0 Provisioning Guidance, 7.5.1
STORAGE: Final = _ecc(
    _OWN | _USER | _NO_LOCKOUT | _RESTRICTED | _DECRYPT, b"", _AES_128_CFB, _NONE, _NO_POINT
)
# restricted: it signs nothing but what the TPM itself says
ATTESTATION: Final = _ecc(_ATTESTS, b"", _NONE, u16(wire.ECDSA) + u16(wire.SHA256), sized(b"") * 2)
# TCG EK Credential Profile, B.3.4 (template L-2)
ENDORSEMENT: Final = _ecc(
    _OWN | _POLICY | _RESTRICTED | _DECRYPT, EK_POLICY, _AES_128_CFB, _NONE, _NO_POINT
)


def sealed(policy: bytes) -> bytes:
    """Give the public area of a secret that this policy, and no password, opens."""
    attributes = u32(_FIXED_TPM | _FIXED_PARENT | _NO_LOCKOUT)
    head = u16(wire.KEYEDHASH) + u16(wire.SHA256) + attributes
    return head + sized(policy) + _NONE + sized(b"")


def is_sealed_by(area: bytes, policy: bytes) -> bool:
    """Tell whether that is the public area of a secret that this policy opens."""
    return area.startswith(sealed(policy).removesuffix(sized(b"")))  # what the TPM adds is unique


class RsaKey(NamedTuple):
    modulus: int
    exponent: int


def rsa(key: RsaKey) -> bytes:
    """Give the public area of a key from elsewhere that signs by PKCS #1."""
    bits = key.modulus.bit_length()
    attributes = u32(_USER | _NO_LOCKOUT | _SIGN)
    scheme = u16(wire.RSASSA) + u16(wire.SHA256)
    parameters = _NONE + scheme + u16(bits) + u32(key.exponent)
    unique = sized(key.modulus.to_bytes(-(-bits // 8), "big"))
    return u16(wire.RSA) + u16(wire.SHA256) + attributes + sized(b"") + parameters + unique


def name_of(public: bytes) -> bytes:
    """Give the name of an object: its hash's number, and the hash (part 1, 16)."""
    return u16(wire.SHA256) + wire.digest(public)


def point_of(public: bytes) -> p256.Point:
    """Give the point of a key over P-256. Raises FormatError."""
    reader = Reader(public)
    if reader.u16() != wire.ECC or reader.u16() != wire.SHA256:
        raise FormatError("a public area of ECC that is named by SHA-256")
    reader.u32()
    reader.sized()
    if (symmetric := reader.u16()) != wire.NULL:
        reader.take(4)
    if (scheme := reader.u16()) != wire.NULL:
        reader.u16()
    if symmetric not in (wire.AES, wire.NULL) or scheme not in (wire.ECDSA, wire.NULL):
        raise FormatError("AES or no cipher, ECDSA or no scheme")
    if (reader.u16(), reader.u16()) != (wire.P256, wire.NULL):
        raise FormatError("a key over P-256")
    found = p256.point(reader.sized(), reader.sized())
    reader.end()
    return found


def is_attestation(public: bytes) -> bool:
    """Say whether a public area is as we ask for one of ATTESTATION, up to its point.

    Who verifies must know that the key signs nothing but what its TPM says.
    """
    head = ATTESTATION[: -len(sized(b"") * 2)]
    return public.startswith(head)
