"""Variables of the firmware and of systemd-boot, by efivarfs: what was started, and how.

A variable's file is 32 bits of attributes and its value (kernel, filesystems/efivarfs.rst); those
of the loader are UTF-16 with a zero at the end (systemd, The Boot Loader Interface).
"""

import errno
import fcntl
import os
import struct
from pathlib import Path
from typing import Final

from ichor.formats import signature_database
from ichor.formats.signature_database import Kind
from ichor.pki.signing import Trust
from ichor.resources.runtime.security import SecurityState

VARIABLES: Final = Path("/sys/firmware/efi/efivars")
_GLOBAL: Final = "8be4df61-93ca-11d2-aa0d-00e098032b8c"  # UEFI 3.3
_LOADER: Final = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
_SECURITY: Final = "d719b2cb-3d3a-4596-a3bc-dad00e67656f"  # UEFI 32.6.1
_OURS: Final = "5b2f6c1e-8d34-4c7a-a0a5-7f1be2d90c46"  # drawn once
_LEAST: Final = "IchorLeast"
_KEPT: Final = struct.pack("<I", 0x01 | 0x02 | 0x04)  # NON_VOLATILE, BOOTSERVICE_, RUNTIME_ACCESS
_FS_IOC_GETFLAGS, _FS_IOC_SETFLAGS, _FS_IMMUTABLE_FL = 0x80086601, 0x40086602, 0x10  # linux/fs.h
_ATTRIBUTES: Final = 4
# The time of a revocation is behind the digest: we count no time.
_DIGESTS: Final = {
    Kind.SHA256_OF_CERTIFICATE: 32,
    Kind.SHA384_OF_CERTIFICATE: 48,
    Kind.SHA512_OF_CERTIFICATE: 64,
}


def booted_entry(variables: Path = VARIABLES) -> str:
    """Give the name of the file that the loader started; empty if it counts no tries of it."""
    return _text("LoaderBootCountPath", variables).rpartition("\\")[2]


def selected_entry(variables: Path = VARIABLES) -> str:
    """Give the id of the entry that the loader started: its file's name without tries."""
    return _text("LoaderEntrySelected", variables)


def is_enforcing(variables: Path = VARIABLES) -> bool:
    """Tell whether firmware starts nothing but what it trusts."""
    return _read("SecureBoot", _GLOBAL, variables) == b"\1"


def trusted(variables: Path = VARIABLES) -> Trust:
    """Raises FormatError where db is not what UEFI says."""
    return _trust(_read("db", _SECURITY, variables))


def revoked(variables: Path = VARIABLES) -> Trust:
    """Raises FormatError where dbx is not what UEFI says."""
    return _trust(_read("dbx", _SECURITY, variables))


def _trust(data: bytes) -> Trust:
    by_kind: dict[Kind, set[bytes]] = {kind: set() for kind in Kind}
    for kind, content in signature_database.parse(data):
        by_kind[kind].add(content)
    return Trust(
        digests=frozenset(by_kind[Kind.SHA256]),
        certificates=frozenset(by_kind[Kind.X509]),
        of_certificates=frozenset(
            content[:size] for kind, size in _DIGESTS.items() for content in by_kind[kind]
        ),
    )


def least(variables: Path = VARIABLES) -> int | None:
    """Give the least generation that may run here; None where none was remembered.

    What is no number was not written by us, and must not keep every image from starting.
    """
    data = _read(_LEAST, _OURS, variables)
    return int(data) if data.isdigit() else None


def remember_least(generation: int, variables: Path = VARIABLES) -> None:
    """Keep it in the firmware's variables, where no image and no disk is. Raises OSError."""
    path = variables / f"{_LEAST}-{_OURS}"
    if path.exists():
        _make_mutable(path)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:  # one write is one change of the variable
        os.write(fd, _KEPT + str(generation).encode())
    finally:
        os.close(fd)


def _make_mutable(path: Path) -> None:
    """Let a variable be written: efivarfs guards those it does not know."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        flags = bytearray(8)
        fcntl.ioctl(fd, _FS_IOC_GETFLAGS, flags)
        (found,) = struct.unpack_from("<I", flags)
        fcntl.ioctl(fd, _FS_IOC_SETFLAGS, struct.pack("<Q", found & ~_FS_IMMUTABLE_FL))
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EOPNOTSUPP):  # a file system without flags
            raise
    finally:
        os.close(fd)


def security(variables: Path = VARIABLES) -> SecurityState:
    return SecurityState(
        secure_boot=is_enforcing(variables),
        booted_with_uki=_text("StubInfo", variables) != "",
    )


def _text(name: str, variables: Path) -> str:
    return _read(name, _LOADER, variables).decode("utf-16-le", "replace").rstrip("\0")


def _read(name: str, vendor: str, variables: Path) -> bytes:
    """Give a variable's value; empty if it, or the firmware's interface, is not there."""
    try:
        return (variables / f"{name}-{vendor}").read_bytes()[_ATTRIBUTES:]
    except FileNotFoundError:
        return b""
