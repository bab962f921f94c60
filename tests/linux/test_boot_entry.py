"""Boot entries as they are on an ESP: by their numbers, whatever the loader made of their names."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ichor.formats.boot_entry import BootEntry
from ichor.linux.boot_entry import number_of, read
from ichor.linux.efi import booted_entry, security, selected_entry
from ichor.linux.install import add, remove_others
from ichor.ports.boot_entry import Boot

LOADER = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"


@pytest.fixture
def esp(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "EFI/Linux").mkdir(parents=True)
    fd = os.open(tmp_path, os.O_RDONLY)
    yield fd
    os.close(fd)


def names(tmp_path: Path) -> set[str]:
    return {each.name for each in (tmp_path / "EFI/Linux").iterdir()}


def test_who_runs_is_known_by_its_number(tmp_path: Path, esp: int) -> None:
    for name in ("ichor-1+1-1.efi", "ichor-2+2.efi", "Other.efi", "ichor-new"):
        (tmp_path / "EFI/Linux" / name).touch()
    old, new = BootEntry(1, 1, 1), BootEntry(2)
    assert read(esp, number_of("ichor-2+1-1.efi")) == Boot(
        entries=frozenset({old, new}), running=new
    )
    assert read(esp, number_of("")).running is None
    assert read(esp, number_of("ichor-3.efi")).running is None
    assert read(None, 1) == Boot()


def test_an_image_is_added_beside_the_one_that_runs(tmp_path: Path, esp: int) -> None:
    for name in ("ichor-1+0-2.efi", "ichor-2+1-1.efi", "Other.efi", "ichor-new"):
        (tmp_path / "EFI/Linux" / name).touch()
    remove_others(esp, 2)  # whatever was made of its tries meanwhile
    assert names(tmp_path) == {"ichor-2+2.efi", "Other.efi"}
    before = list[set[str]]()
    add(esp, BootEntry(3), b"image", lambda: before.append(names(tmp_path)))
    assert before == [{"ichor-2+2.efi", "Other.efi", "ichor-new"}]
    assert names(tmp_path) == {"ichor-2+2.efi", "Other.efi", "ichor-3+2.efi"}
    assert (tmp_path / "EFI/Linux/ichor-3+2.efi").read_bytes() == b"image"


def test_what_was_started_is_what_firmware_and_loader_say(tmp_path: Path) -> None:
    def say(name: str, vendor: str, value: bytes) -> None:
        (tmp_path / f"{name}-{vendor}").write_bytes(b"\6\0\0\0" + value)

    assert (booted_entry(tmp_path), selected_entry(tmp_path)) == ("", "")
    assert not security(tmp_path).secure_boot
    say("LoaderBootCountPath", LOADER, "\\EFI\\Linux\\ichor-1+1-1.efi\0".encode("utf-16-le"))
    say("LoaderEntrySelected", LOADER, "ichor-1.efi\0".encode("utf-16-le"))
    say("StubInfo", LOADER, "systemd-stub 257\0".encode("utf-16-le"))
    say("SecureBoot", GLOBAL, b"\1")
    assert booted_entry(tmp_path) == "ichor-1+1-1.efi"
    assert selected_entry(tmp_path) == "ichor-1.efi"
    assert security(tmp_path).secure_boot
    assert security(tmp_path).booted_with_uki
    say("SecureBoot", GLOBAL, b"\0")
    assert not security(tmp_path).secure_boot
