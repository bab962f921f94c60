"""Variables of the firmware and of systemd-boot, by efivarfs: what was started, and how.

A variable's file is 32 bits of attributes and its value (kernel, filesystems/efivarfs.rst); those
of the loader are UTF-16 with a zero at the end (systemd, The Boot Loader Interface).
"""

from pathlib import Path
from typing import Final

from ichor.resources.runtime.security import SecurityState

VARIABLES: Final = Path("/sys/firmware/efi/efivars")
_GLOBAL: Final = "8be4df61-93ca-11d2-aa0d-00e098032b8c"  # UEFI 3.3
_LOADER: Final = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
_ATTRIBUTES: Final = 4


def booted_entry(variables: Path = VARIABLES) -> str:
    """Give the name of the file that the loader started; empty if it counts no tries of it."""
    return _text("LoaderBootCountPath", variables).rpartition("\\")[2]


def selected_entry(variables: Path = VARIABLES) -> str:
    """Give the id of the entry that the loader started: its file's name without tries."""
    return _text("LoaderEntrySelected", variables)


def security(variables: Path = VARIABLES) -> SecurityState:
    return SecurityState(
        secure_boot=_read("SecureBoot", _GLOBAL, variables) == b"\1",
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
