"""The disk that was booted, as sysfs has it, and what is written to it."""

from pathlib import Path
from uuid import UUID

import pytest

from ichor.errors import FormatError
from ichor.formats import gpt
from ichor.formats.gpt import LINUX_DATA, SECTOR, Partition, Table
from ichor.linux import system_disk

SECTORS = 4096


def tree(root: Path, name: str) -> Path:
    """Build /sys/block of a machine whose vda2 is below a dm device of that name."""
    (root / "devices/vda/vda2").mkdir(parents=True)
    dm = root / "block/dm-0"
    (dm / "dm").mkdir(parents=True)
    (dm / "dm/name").write_text(f"{name}\n")
    (dm / "slaves").mkdir()
    (dm / "slaves/vda2").symlink_to(root / "devices/vda/vda2")
    return root / "block"


def test_it_is_the_disk_below_the_verified_root(tmp_path: Path) -> None:
    assert system_disk.find(tree(tmp_path, "root")) == "vda"


def test_any_other_mapping_is_none_of_ours(tmp_path: Path) -> None:
    assert system_disk.find(tree(tmp_path, "data")) == ""
    assert system_disk.find(tmp_path / "nothing") == ""


def table(last: int) -> Table:
    part = Partition(1, LINUX_DATA, UUID(int=1), 2048, last, "STATE")
    return Table(UUID(int=9), SECTORS, (part,))


def test_both_ends_of_the_disk_are_written(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(SECTORS * SECTOR))
    system_disk.write(disk, table(3000))
    data = disk.read_bytes()
    assert gpt.parse(data[: 64 * SECTOR]) == table(3000)
    assert gpt.parse_tail(data[-64 * SECTOR :], SECTORS) == table(3000)


def test_a_table_that_cannot_be_leaves_the_disk_as_it_was(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(SECTORS * SECTOR))
    with pytest.raises(FormatError):
        system_disk.write(disk, table(SECTORS))
    assert disk.read_bytes() == bytes(SECTORS * SECTOR)


def test_a_disk_of_images_is_found_by_its_label(tmp_path: Path) -> None:
    for name, label in (("vda5", "STATE"), ("vdb1", "IMAGECACHE"), ("vdc1", "IMAGECACHE")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "uevent").write_text(f"DEVNAME={name}\nPARTNAME={label}\n")
    assert system_disk.labelled("IMAGECACHE", tmp_path) == "/dev/vdb1"
    assert system_disk.labelled("META", tmp_path) == ""
