"""Encrypted volumes: made, and opened with what their settings say.

A header says that it is being made from its first write on, and that it is made only when the file
system within is whole: what was cut off between is made again, and nothing else ever is.

What a slot's key goes through before it opens the volume's own (RFC 9106; LUKS2 keeps it by slot):

| key | derivation | why |
|---|---|---|
| static | argon2id, 4 passes, a sixteenth of memory, 64 to 256 MiB | a word may be guessed |
| nodeID | PBKDF2, the least there is | 32 bytes of a digest: what could be guessed is no word |
| tpm | PBKDF2, the least there is | 32 bytes drawn; the TPM's blob lies in the header's token |

64 MiB is what RFC 9106 (4) recommends where memory is scarce, and 4 passes are the least that
libcryptsetup takes; it is there in a machine of 768 MB, and 256 MiB are in any that a disk with the
recovery passphrase is carried to. More would keep each start waiting for it.
"""

import base64
import errno
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from ichor.errors import Conflict, FormatError, IchorError, InputError, NotFound
from ichor.formats import luks2
from ichor.linux import booted_image, efi, procfs
from ichor.linux.cryptsetup import ANY_TOKEN, CHEAP, Kdf, Shape, Volume, deactivate
from ichor.linux.tpm import KernelTpm
from ichor.linux.volume_settings import Kept
from ichor.log import fields, logger
from ichor.pki import volume_key
from ichor.ports.reseal import Resealed
from ichor.ports.system_disk import mapping, opened
from ichor.ports.tpm import Sealing, SealPolicy
from ichor.resources.block.kinds import EncryptionKeyType
from ichor.resources.block.volume_config import Encryption, EncryptionKey

log = logger(__name__)
MACHINE: Final = Path("/sys/class/dmi/id/product_uuid")
_MIB: Final = 1024  # in KiB
_LEAST, _MOST, _PART, _PASSES, _LANES = 64 * _MIB, 256 * _MIB, 16, 4, 4
_DRAWN: Final = 32  # bytes
_DEFAULT: Final = Shape()
_WHY: Final = {errno.EPERM: "the key does not fit", errno.ENOENT: "there is no such slot"}


class Sources(NamedTuple):
    """What keys are made of, besides words. machine: its UUID. salt: of STATE, if any.

    memory: of the machine, in KiB.
    """

    machine: str
    tpm: Sealing
    salt: bytes = b""
    memory: int = 0


class Slot(NamedTuple):
    """word: what opens it. sealed: what the TPM gives that for, if it does."""

    word: bytes
    sealed: bytes = b""


def sources(salt: bytes = b"") -> Sources:
    machine = MACHINE.read_text(encoding="ascii").strip() if MACHINE.exists() else ""
    memory = procfs.meminfo()["MemTotal"]
    return Sources(machine, KernelTpm(booted_image.signed_states), salt, memory)


def made(key: EncryptionKey, label: str, given: Sources) -> Slot:
    """Give what shall open a slot, sealed anew where the TPM is to keep it. Raises as `key_of`."""
    if key.type is not EncryptionKeyType.TPM:
        return Slot(key_of(key, label, given))
    _, sealed = _drawn(key, given)
    return Slot(key_of(key, label, given, sealed), sealed)


def _drawn(key: EncryptionKey, given: Sources) -> tuple[bytes, bytes]:
    """Draw a secret, and have the TPM seal it. Raises IchorError, OSError."""
    if key.tpm_check_secureboot_status_on_enroll and not efi.security().secure_boot:
        raise InputError("Secure Boot is off, and this key asks for it")
    drawn = os.getrandom(_DRAWN)
    return drawn, given.tpm.seal(drawn, _policy(key))


def _policy(key: EncryptionKey) -> SealPolicy:
    return SealPolicy(pcrs=key.pcrs, signed=bool(key.pub_key_pcrs))


def key_of(key: EncryptionKey, label: str, given: Sources, sealed: bytes = b"") -> bytes:
    """Give what opens a slot. Raises IchorError with the reason why there is nothing, OSError."""
    return _locked(key, _key(key, label, given, sealed), given)


def _locked(key: EncryptionKey, found: bytes, given: Sources) -> bytes:
    if not key.lock_to_state:
        return found
    if not given.salt:
        raise NotFound("it is locked to STATE, which has no salt")
    return volume_key.locked(found, given.salt)


def _key(key: EncryptionKey, label: str, given: Sources, sealed: bytes) -> bytes:
    match key.type:
        case EncryptionKeyType.NODE_ID:
            return volume_key.of_machine(given.machine, label)
        case EncryptionKeyType.STATIC if key.static_passphrase:
            return key.static_passphrase.encode()
        case EncryptionKeyType.STATIC:
            raise NotFound("its passphrase is not kept on this machine")
        case EncryptionKeyType.TPM if sealed:
            return given.tpm.unseal(sealed)
        case EncryptionKeyType.TPM:
            raise NotFound("nothing is sealed in the header")
        case EncryptionKeyType.KMS:
            raise NotFound("keys of kind kms are known, not supported yet")


def kdf_of(key: EncryptionKey, memory_kib: int) -> Kdf:
    """Give the derivation for a machine of that much memory."""
    if key.type is not EncryptionKeyType.STATIC:
        return CHEAP
    memory = min(max(memory_kib // _PART, _LEAST), _MOST)
    return Kdf("argon2id", _PASSES, memory, _LANES)


def shape_of(encryption: Encryption) -> Shape:
    return Shape(
        encryption.cipher or _DEFAULT.cipher,
        encryption.key_size // 8 or _DEFAULT.key,
        encryption.block_size or _DEFAULT.sector,
    )


def _activate(volume: Volume, label: str, slot: int, word: bytes, how: Encryption) -> None:
    discards = how.allow_discards
    volume.activate(mapping(label), slot, word, how.perf_options, allow_discards=discards)


Opening: TypeAlias = Callable[[Volume, str, int, bytes, Encryption], None]


def begin(
    device: Path,
    label: str,
    encryption: Encryption,
    given: Sources,
    opening: Opening = _activate,
) -> None:
    """Make a volume with all its keys, and open it; it does not count yet.

    Raises IchorError where a key cannot be made, before anything is written; OSError.
    """
    slots = {key: made(key, label, given) for key in encryption.keys}
    if is_open(label):  # what an attempt before this one left
        deactivate(mapping(label))
    with Volume(device) as volume:
        volume.format(shape_of(encryption), label, luks2.MAKING)
        for key, (word, sealed) in slots.items():
            volume.add_slot(key.slot, word, kdf_of(key, given.memory))
            volume.set_token([key.slot], **_said(key, sealed))
        first, slot = next(iter(slots.items()))
        opening(volume, label, first.slot, slot.word, encryption)


def _said(key: EncryptionKey, sealed: bytes) -> Mapping[str, str]:
    """Give what a slot's token says."""
    kept = {"sealed": base64.b64encode(sealed).decode()} if sealed else {}
    return {"kind": key.type.value, **kept}


def finish(device: Path, label: str) -> None:
    """Say that all of it is made, now that it is. Raises OSError."""
    with Volume(device) as volume:
        volume.load()
        volume.set_label(label, luks2.MADE)
    _flush(device)


def unlock(device: Path, label: str, kept: Kept | None, opening: Opening = _activate) -> None:
    """Open a volume by the first of its keys that does. Raises OSError, or Conflict with reasons.

    Nothing that is there is changed.
    """
    if not is_open(label):
        key, _ = _open(device, label, kept or Kept(), opening)
        log.info("volume opened", extra=_of(label, key))


def _of(label: str, key: EncryptionKey, **more: str) -> Mapping[str, object]:
    return fields(volume=label, slot=key.slot, key=key.type.value, **more)


def _open(device: Path, label: str, known: Kept, opening: Opening) -> tuple[EncryptionKey, bytes]:
    """Give the key that does, with its word."""
    encryption, given = known.settings.encryption or Encryption(), sources(known.salt)
    reasons: list[str] = []
    with Volume(device) as volume:
        volume.load()
        sealed = _sealed(device)
        for key in encryption.keys:
            try:
                word = key_of(key, label, given, sealed.get(key.slot, b""))
                opening(volume, label, key.slot, word, encryption)
            except (IchorError, OSError) as error:
                why = reason(error)
                log.error("a key does not open a volume", extra=_of(label, key, why=why))
                reasons.append(f"slot {key.slot} ({key.type.value}): {why}")
            else:
                return key, word
    raise Conflict(f"no key opens {label} on {device}: {'; '.join(reasons) or 'none is known'}")


def _check(volume: Volume, label: str, slot: int, word: bytes, how: Encryption) -> None:
    volume.check(slot, word)


def try_keys(device: Path, label: str, known: Kept) -> None:
    """See that `unlock` would open it. Raises as it does, with a way out for a running machine."""
    try:
        _open(device, label, known, _check)
    except Conflict as error:
        hint = f"say the keys it was made with, or erase it, too: reset with {label}"
        raise Conflict(f"{error} (hint: {hint})") from error


def reseal(device: Path, label: str, known: Kept) -> Iterator[Resealed]:
    """Seal each key anew that the TPM keeps for another state than this; say what was done.

    Raises IchorError where no other key opens the volume, or a key is not to be sealed as things
    are, before anything is written; OSError.
    """
    encryption, given = known.settings.encryption or Encryption(), sources(known.salt)
    header = _header(device)
    for key in (key for key in encryption.keys if key.type is EncryptionKeyType.TPM):
        blob = header.sealed.get(key.slot, b"") if key.slot in header.slots else b""
        is_bound = bool(blob) and given.tpm.holds(blob, _policy(key))
        if not is_bound:
            _seal_again(device, label, key, known, given)
            log.info("a key is sealed anew", extra=_of(label, key))
        yield Resealed(volume=label, slot=key.slot, anew=not is_bound)


def _seal_again(device: Path, label: str, key: EncryptionKey, known: Kept, given: Sources) -> None:
    """Make a slot anew, by another key of the volume.

    What was in it opens nothing as things are, and the other key is seen to. So it may be cut off
    anywhere: a slot that is gone, or that no token is of, is made anew by the next.
    """
    encryption = known.settings.encryption or Encryption()
    others = tuple(one for one in encryption.keys if one.type is not EncryptionKeyType.TPM)
    others_known = replace(known.settings, encryption=replace(encryption, keys=others))
    _, word = _open(device, label, replace(known, settings=others_known), _check)
    secret, sealed = _drawn(key, given)  # which nobody has unsealed any more in this start
    own, header = _locked(key, secret, given), _header(device)
    tokens = (number for number, slots in header.tokens.items() if set(slots) <= {key.slot})
    with Volume(device) as volume:
        volume.load()
        if key.slot in header.slots:
            volume.remove_slot(key.slot)
        volume.add_slot(key.slot, own, kdf_of(key, given.memory), known=word)
        volume.set_token([key.slot], next(tokens, ANY_TOKEN), **_said(key, sealed))
    _flush(device)


def _sealed(device: Path) -> Mapping[int, bytes]:
    return _header(device).sealed


def _header(device: Path) -> luks2.Header:
    """Raises FormatError."""
    with device.open("rb") as file:
        header = luks2.found(file.read(luks2.BOTH))
    if header is None:
        raise FormatError(f"a LUKS2 header on {device}")
    return header


def reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return _WHY.get(error.errno or 0) or str(error.strerror)
    return str(error)


def is_open(label: str) -> bool:
    return Path(opened(label)).exists()


def _flush(device: Path) -> None:
    with device.open("rb") as file:
        os.fsync(file.fileno())
