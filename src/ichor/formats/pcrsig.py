"""Signed states of PCRs, as an image carries them: sections .pcrpkey (PEM) and .pcrsig (JSON).

    {"sha256": [{"pcrs": [11], "pkfp": hex, "pol": hex, "sig": base64}, ...]}

pkfp: SHA-256 of the public key's DER. pol: the digest of PolicyPCR over those PCRs in that state.
sig: over pol, RSA by PKCS #1. UAPI Group, Unified Kernel Image (UKI), on .pcrsig.
"""

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from ichor.errors import FormatError


class Signature(Struct, frozen=True, kw_only=True):
    """One, as it is written: bytes are text."""

    pcrs: tuple[int, ...]
    pkfp: str
    pol: str
    sig: str


class SignedStates(Struct, frozen=True):
    """key: SubjectPublicKeyInfo, PEM, of who signed; entries of others may be among them."""

    key: str
    signatures: tuple[Signature, ...]


class _Banks(Struct, frozen=True):
    sha256: tuple[Signature, ...] = ()


def parse(key: bytes, signatures: bytes) -> SignedStates:
    """Read both sections. Raises FormatError."""
    try:
        banks = msgspec.json.decode(signatures.rstrip(b"\0"), type=_Banks)
        text = key.rstrip(b"\0").decode("ascii")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"signed states of PCRs: {error}") from None
    return SignedStates(text, banks.sha256)


def build(states: SignedStates) -> tuple[bytes, bytes]:
    """Give both sections."""
    return states.key.encode(), msgspec.json.encode(_Banks(states.signatures))


def entry(pcr: int, key: bytes, policy: bytes, signature: bytes) -> Signature:
    """Give the entry of one signed policy. key: the signer's, DER."""
    return Signature(
        pcrs=(pcr,),
        pkfp=hashlib.sha256(key).hexdigest(),
        pol=policy.hex(),
        sig=b64encode(signature).decode(),
    )


def by_policy(states: SignedStates, pcr: int) -> Mapping[bytes, bytes]:
    """Give the signatures over states of that PCR alone, by the policies. Raises FormatError."""
    chosen = [one for one in states.signatures if one.pcrs == (pcr,)]
    try:
        return {bytes.fromhex(one.pol): b64decode(one.sig, validate=True) for one in chosen}
    except (ValueError, binascii.Error) as error:
        raise FormatError(f"policies in hex and signatures in base64: {error}") from None
