"""What a machine measures of an image of ours, known when it is built, and signed for its disks.

The stub extends PCR 11, for each section it knows and in its own order, by the name with a zero and
by the content (systemd-stub(7); UAPI Group, Unified Kernel Image, PCR measurements). The section of
signatures is left out: it holds what was computed of the others.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from ichor.errors import FormatError, InputError
from ichor.formats import measured, pcrsig, pe, verity
from ichor.formats.measured import Manifest
from ichor.formats.pcrsig import SignedStates
from ichor.pki import pem
from ichor.protocols.tpm2 import policy

FILE: Final = "measurements.json"
KEY, SIGNATURES = ".pcrpkey", ".pcrsig"
ORDER: Final = (
    *(".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb"),
    *(".uname", ".sbat", KEY),
)
_BITS: Final = 2048  # of RSA: what every TPM knows (PC Client Platform TPM Profile)


def image_value(image: bytes) -> bytes:
    """Give what the stub makes of PCR 11. Raises FormatError."""
    value = measured.ZERO
    for name, content in _measured(image):
        for part in (name.encode() + b"\0", content):
            value = measured.extend(value, hashlib.sha256(part).digest())
    return value


def _measured(image: bytes) -> Iterator[tuple[str, bytes]]:
    names = [one.name for one in pe.sections(image)]
    for name in ORDER:
        if names.count(name) > 1:
            raise FormatError(f"one section {name}")
        if name in names:
            yield name, pe.content(image, name)


def make_key() -> rsa.RSAPrivateKey:
    """Make a key that signs states."""
    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)


def with_signed_states(image: bytes, key: str) -> bytes:
    """Give an image, not yet signed itself, with signatures over what it makes of PCR 11.

    key: PEM. Raises InputError for a key that TPMs may not know.
    """
    private = load_pem_private_key(key.encode(), None)
    if not isinstance(private, rsa.RSAPrivateKey) or private.key_size != _BITS:
        hint = "make one: ichor gen secureboot pcr"
        raise InputError(f"expected a PCR signing key of RSA with {_BITS} bits", hint=hint)
    public = private.public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with_key = pe.append(image, [(KEY, text)])
    values = measured.phases(image_value(with_key))
    signatures = []
    for phase in measured.SIGNED:
        state = policy.pcr(policy.EMPTY, {measured.PCR: values[phase]})
        signature = private.sign(state, padding.PKCS1v15(), hashes.SHA256())
        signatures.append(pcrsig.entry(measured.PCR, der, state, signature))
    _, section = pcrsig.build(SignedStates(text.decode(), tuple(signatures)))
    return pe.append(with_key, [(SIGNATURES, section)])


def manifest(image: bytes, loader: bytes, version: str) -> Manifest:
    """Give what a machine measures that boots the image by the loader. Raises FormatError."""
    names = {one.name for one in pe.sections(image)}
    key = pe.content(image, KEY).decode() if KEY in names else ""
    values = measured.phases(image_value(image))
    return Manifest(
        version=version,
        loader=program(loader),
        image=program(image),
        root=verity.parse(pe.content(image, ".cmdline").decode()).root.hex(),
        pcr11={phase: value.hex() for phase, value in values.items()},
        pcr_key=hashlib.sha256(pem.decode(key)[-1].der).hexdigest() if key else "",
    )


def program(image: bytes) -> str:
    """Give the digest by which firmware measures a program it starts, in hexadecimal.

    Raises FormatError.
    """
    return pe.digest(image + bytes(-len(image) % 8)).hex()
