"""The image this machine was started from, as it lies on the ESP: what it says of itself.

What is read here proves nothing: who vouches for it is the firmware (signatures) and the TPM.
"""

import hashlib
import os
from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec.structs import replace

from ichor.errors import FormatError
from ichor.formats import pcrsig, pe
from ichor.formats.pcrsig import SignedStates
from ichor.linux import boot_entry, efi
from ichor.log import fields, logger
from ichor.pki import certificate, pem
from ichor.resources.runtime.security import SecurityState

log = logger(__name__)

_HEADERS: Final = 4096
_MOST: Final = 1 << 20  # of a section that is read
_PATIENCE_S: Final = 30.0


class BootedImage(NamedTuple):
    """states: signed ones of PCR 11, if it has some. signer: the key of its signature, DER."""

    states: SignedStates | None
    signer: bytes


def observe(
    started: Callable[[], str] = efi.booted_entry, patience_s: float = _PATIENCE_S
) -> BootedImage | None:
    """Give it; None where no entry of the ESP was started. Raises OSError, FormatError."""
    number = boot_entry.number_of(started())
    with boot_entry.opened(write=False, patience_s=patience_s) as root:
        running = boot_entry.read(root, number).running
        if running is None:
            return None
        with boot_entry.directory(root) as folder:
            file = os.open(running.name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
            try:
                return read(file)
            finally:
                os.close(file)


def signed_states() -> SignedStates | None:
    """Give those of the image that runs. Raises OSError, FormatError."""
    found = observe()
    return found.states if found is not None else None


def read(file: int) -> BootedImage:
    """Read what an image says of itself. Raises OSError, FormatError."""
    headers = os.pread(file, _HEADERS, 0)
    key, signatures = (_section(file, headers, name) for name in (".pcrpkey", ".pcrsig"))
    states = pcrsig.parse(key, signatures) if key and signatures else None
    return BootedImage(states, _signer(file, *pe.certificates(headers)))


def _section(file: int, headers: bytes, name: str) -> bytes:
    for one in pe.sections(headers):
        if one.name == name:
            return _read(file, one.offset, min(one.size, one.raw))
    return b""


def _signer(file: int, begin: int, size: int) -> bytes:
    """Give the key of the first certificate of the first signature."""
    head = 8  # of WIN_CERTIFICATE
    if size <= head:
        return b""
    return certificate.of_signature(_read(file, begin + head, size - head)).public_key


def _read(file: int, begin: int, size: int) -> bytes:
    if size > _MOST:
        raise FormatError(f"at most {_MOST} bytes, not {size}", offset=begin)
    return os.pread(file, size, begin)


def security() -> SecurityState:
    """Give what firmware and loader say, and whose keys the image that runs was signed with.

    Fingerprints are SHA-256 of the keys' DER.
    """
    state = efi.security()
    try:
        found = observe()
    except (OSError, FormatError) as error:
        log.error("the image that runs cannot be read", extra=fields(why=error))
        found = None
    if found is None:
        return state
    key = pem.decode(found.states.key)[-1].der if found.states else b""
    return replace(
        state,
        uki_signing_key_fingerprint=_fingerprint(found.signer),
        pcr_signing_key_fingerprint=_fingerprint(key),
    )


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest() if key else ""
