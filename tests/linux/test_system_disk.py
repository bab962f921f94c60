"""The disk that was booted, as sysfs has it, and what is written to it."""

from pathlib import Path
from uuid import UUID

import pytest
from tests.formats.test_luks2 import header, volume

from ichor.errors import FormatError
from ichor.formats import gpt, luks2
from ichor.formats.gpt import LINUX_DATA, SECTOR, Partition, Table
from ichor.formats.xfs import MAGIC
from ichor.linux import system_disk
from ichor.ports.system_disk import SystemDisk

SECTORS = 8192
XFS = MAGIC.ljust(luks2.BOTH, b"\0")


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


def test_a_disk_of_images_is_found_by_its_label_and_another_one_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def add(name: str, label: str, *, read_only: bool) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "uevent").write_text(f"DEVNAME={name}\nPARTNAME={label}\n")
        (tmp_path / name / "ro").write_text(f"{int(read_only)}\n")

    add("sda1", "IMAGECACHE", read_only=False)  # which anybody may have written
    add("vda5", "STATE", read_only=True)
    assert system_disk.labelled("IMAGECACHE", tmp_path) == ""
    assert len(caplog.records) == 1
    add("vdb1", "IMAGECACHE", read_only=True)
    assert system_disk.labelled("IMAGECACHE", tmp_path) == "/dev/vdb1"
    assert len(caplog.records) == 1
    add("vdc1", "IMAGECACHE", read_only=True)
    assert system_disk.labelled("IMAGECACHE", tmp_path) == ""
    assert len(caplog.records) == 2


def test_a_table_whose_first_copy_is_torn_is_read_from_its_twin(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(SECTORS * SECTOR))
    system_disk.write(disk, table(3000))
    with disk.open("r+b") as file:
        file.seek(SECTOR + 16)
        file.write(b"torn")
    assert system_disk.read(disk, SECTORS) == table(3000)
    with disk.open("r+b") as file:
        file.seek(-SECTOR, 2)
        file.write(b"torn")
    with pytest.raises(FormatError):
        system_disk.read(disk, SECTORS)


def test_what_was_where_a_partition_begins_is_cleared(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(b"XFSB" * (SECTORS * SECTOR // 4))
    part = table(4000).partitions[0]
    system_disk.blank(disk, part, SECTOR)
    data = disk.read_bytes()
    assert not any(data[part.first * SECTOR : part.first * SECTOR + SECTOR])
    assert data[: part.first * SECTOR] == b"XFSB" * (part.first * SECTOR // 4)


def test_a_volume_is_what_begins_it_encrypted_or_not() -> None:
    disk = SystemDisk(name="vda", table=table(4000))
    made, making = luks(luks2.MADE), luks(luks2.MAKING)
    held = {"a": made, "b": making, "c": XFS, "d": bytes(luks2.BOTH), "e": b"else", "f": b""}
    found = system_disk.seen(disk, held)
    assert found.whole == {"a", "c"}
    assert found.foreign == {"e"}
    assert {label: header.slots for label, header in found.encrypted.items()} == {
        "a": {0: "", 7: "nodeID", 9: "tpm"}
    }


def test_what_a_file_system_has_where_a_twin_would_be_is_its_own() -> None:
    """Whoever may write files could have it formatted else: what reads as NONE is made anew."""
    disk = SystemDisk(name="vda", table=table(4000))
    for subsystem in (luks2.MADE, luks2.MAKING, "somebody's"):
        twin = luks(subsystem)[luks2.COPY :]
        held = {"a": XFS.ljust(luks2.COPY, b"\0")[: luks2.COPY] + twin}
        found = system_disk.seen(disk, held)
        assert found.whole == {"a"}
        assert not found.foreign
        assert not found.encrypted


def luks(subsystem: str) -> bytes:
    return volume(header(subsystem))


def test_a_partition_that_is_removed_is_no_more_and_begins_with_nothing(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    path.write_bytes(b"XFSB" * (SECTORS * SECTOR // 4))
    system_disk.write(path, table(4000))
    disk = SystemDisk(name=str(path), table=table(4000))
    system_disk.remove(disk, "STATE")
    data = path.read_bytes()
    assert gpt.parse(data[: 64 * SECTOR]).partitions == ()
    assert not any(data[2048 * SECTOR : 2049 * SECTOR])
