"""What has to be known before a volume is opened or mounted: STATE's in META, others' on STATE.

    META 9                           STATE: how it is encrypted, as JSON
    STATE/<label>.json               the volume of that label, as JSON
    STATE/encryption-salt.yaml       what keys that are locked to STATE are made with, drawn once

STATE is mounted for the moment where nobody sees it, or once more where it is mounted already.
META is open to whoever has the disk, so a word lies there only where there is no other key: a
second key, for people to keep, opens the disk elsewhere and is not kept here.
"""

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from ichor.errors import FormatError
from ichor.formats import meta
from ichor.linux import libc
from ichor.linux.meta import DiskMeta
from ichor.pki.volume_key import SALT
from ichor.ports.system_disk import SystemDisk, VolumeSettings
from ichor.resources.block.kinds import EncryptionKeyType
from ichor.resources.block.partition import STATE
from ichor.resources.block.volume_config import Encryption

SALT_FILE: Final = "encryption-salt.yaml"
_FLAGS: Final = libc.MOUNT_ATTR_NOSUID | libc.MOUNT_ATTR_NODEV | libc.MOUNT_ATTR_NOEXEC


K = TypeVar("K", bound=msgspec.Struct)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """salt: empty where no key is locked to STATE."""

    settings: VolumeSettings = VolumeSettings()
    salt: bytes = b""


def keep(disk: SystemDisk, label: str, settings: VolumeSettings, store: DiskMeta) -> None:
    """Raises OSError, NotFound."""
    if label == STATE:
        encryption = settings.encryption
        store.change(lambda values: with_state(values, encryption))
        return
    with opened_state(disk) as folder:
        if is_locked(settings.encryption):
            salt(folder, os.urandom(SALT))
        _write(folder / _name(label), msgspec.json.encode(settings))


def kept(disk: SystemDisk, label: str, store: DiskMeta) -> Kept | None:
    """Give what is known of a volume, None if nothing is. Raises OSError, FormatError."""
    if label == STATE:
        found = store.observe().get(meta.STATE_ENCRYPTION)
        if found is None:
            return None
        return Kept(settings=VolumeSettings(encryption=decode(found, Encryption)))
    if STATE not in disk.whole:
        return None
    with opened_state(disk) as folder:
        return read(folder, label)


def known(disk: SystemDisk, store: DiskMeta) -> Mapping[str, VolumeSettings]:
    """Give what is known of those that are whole. Of STATE, unless it is encrypted, that is all.

    Raises OSError, FormatError.
    """
    found = {label: kept(disk, label, store) for label in disk.whole}
    if STATE in disk.whole and STATE not in disk.encrypted:
        found[STATE] = Kept()
    return {label: one.settings for label, one in found.items() if one is not None}


def salt_for(disk: SystemDisk, label: str, encryption: Encryption) -> bytes:
    """Give the salt for its keys, empty where none is locked. Raises OSError, FormatError."""
    if not is_locked(encryption):
        return b""
    with opened_state(disk) as folder:
        return salt(folder)


def read(folder: Path, label: str) -> Kept | None:
    """Read them from where STATE is mounted. Raises OSError, FormatError."""
    path = folder / _name(label)
    if not path.exists():
        return None
    settings = decode(path.read_bytes(), VolumeSettings)
    drawn = salt(folder) if is_locked(settings.encryption) else b""
    return Kept(settings=settings, salt=drawn)


def with_state(values: Mapping[int, bytes], encryption: Encryption | None) -> Mapping[int, bytes]:
    if encryption is None:
        return meta.without(values, meta.STATE_ENCRYPTION)
    return {**values, meta.STATE_ENCRYPTION: msgspec.json.encode(without_words(encryption))}


def without_words(encryption: Encryption) -> Encryption:
    """Leave out words where the machine has a key of its own."""
    if all(key.type is EncryptionKeyType.STATIC for key in encryption.keys):
        return encryption
    return replace(
        encryption, keys=tuple(replace(key, static_passphrase="") for key in encryption.keys)
    )


def is_locked(encryption: Encryption | None) -> bool:
    return encryption is not None and any(key.lock_to_state for key in encryption.keys)


def salt(folder: Path, drawn: bytes = b"") -> bytes:
    """Give the salt that is there; else keep the one that was drawn. Raises FormatError."""
    path = folder / SALT_FILE
    if drawn and not path.exists():
        _write(path, b"diskSalt: " + base64.b64encode(drawn) + b"\n")
    with suppress(OSError, ValueError):
        name, _, text = path.read_text(encoding="ascii").partition(":")
        found = base64.b64decode(text.strip(), validate=True)
        if name == "diskSalt" and len(found) == SALT:
            return found
    raise FormatError(f"a salt of {SALT} bytes in {path.name} of STATE")


def decode(data: bytes, kind: type[K]) -> K:
    """Raises FormatError, which does not show what is there."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise FormatError(f"JSON of {kind.__name__}") from None


@contextmanager
def opened_state(disk: SystemDisk) -> Iterator[Path]:
    """Give STATE's root. Raises OSError."""
    root = libc.mount_detached(disk.volume(STATE), "xfs", {}, _FLAGS)
    try:
        yield Path(f"/proc/self/fd/{root}")
    finally:
        os.close(root)


def _name(label: str) -> str:
    return f"{label.lower()}.json"


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and have it on the disk."""
    fresh = path.with_name(f".{path.name}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
