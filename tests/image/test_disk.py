"""The disk and its parts from small inputs: the same bytes each time, found again by a reader."""

import hashlib
from pathlib import Path

import pytest
from tests.formats.test_pe import image as stub

from ichor.errors import InputError
from ichor.formats import gpt, pe
from ichor.formats.verity import BLOCK, Verity
from ichor.image import disk, uki
from ichor.image import verity as verified
from ichor.image.cache import Cache
from ichor.resources.block import layout, partition


def parts(folder: Path, root: bytes = b"root" * 5000) -> tuple[Path, Path, Verity]:
    folder.mkdir()
    esp, squashfs = folder / "esp", folder / "squashfs"
    esp.write_bytes(b"esp" * 1000)
    squashfs.write_bytes(root)
    return esp, folder / verified.IMAGE, verified.protect(squashfs, folder)


def test_two_builds_of_a_disk_are_equal(tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "two"):
        out = tmp_path / f"{name}.raw"
        disk.write(out, *parts(tmp_path / name))
        digests.add(hashlib.sha256(out.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_disk_has_its_parts_where_its_table_says(tmp_path: Path) -> None:
    out = tmp_path / "disk.raw"
    esp, root, made = parts(tmp_path / "parts")
    disk.write(out, esp, root, made)
    with out.open("rb") as file:
        table = gpt.parse(file.read(64 * gpt.SECTOR))
        assert table.sectors * gpt.SECTOR == out.stat().st_size
        file.seek(-33 * gpt.SECTOR, 2)
        assert gpt.parse_tail(file.read(), table.sectors) == table
        for source, part in ((esp, table.partitions[0]), (root, table.partitions[1])):
            file.seek(part.first * gpt.SECTOR)
            assert file.read(source.stat().st_size) == source.read_bytes()
    labels = [part.label for part in table.partitions]
    assert labels == ["EFI", partition.root_label(made.root), "_empty", "META"]


def test_another_root_has_another_label_and_other_ids() -> None:
    one, other = layout.plan(bytes(32)), layout.plan(bytes(31) + b"\1")
    assert one.disk != other.disk
    assert not {part.id for part in one.partitions} & {part.id for part in other.partitions}


def test_the_command_line_names_the_root_by_its_hash(tmp_path: Path) -> None:
    *_, made = parts(tmp_path / "parts")
    line = uki.command_line(made, ("extra=1",))
    label = f"PARTLABEL=ichor-{made.root.hex()[:16]}"
    assert f"dm-mod.waitfor={label}" in line.split()
    tree = f"{made.blocks} {made.blocks + 1} sha256 {made.root.hex()}"
    assert f"verity 1 {label} {label} 4096 4096 {tree}" in line
    assert "extra=1" in line.split()


def test_a_unified_image_carries_kernel_and_line() -> None:
    made = uki.assemble(stub(), b"kernel" * 1000, "root=x")
    assert pe.content(made, ".linux") == b"kernel" * 1000
    assert pe.content(made, ".cmdline") == b"root=x"
    assert made == uki.assemble(stub(), b"kernel" * 1000, "root=x")


def test_a_root_that_no_slot_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified, "ROOT_SIZE", 4 * BLOCK)
    with pytest.raises(InputError, match="a slot has 16384"):
        parts(tmp_path / "parts")


def test_a_kernel_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(uki.KERNEL, "/nowhere/bzImage")
    with pytest.raises(InputError, match=r"/nowhere/bzImage.*set ICHOR_KERNEL"):
        uki.kernel_step(Cache(tmp_path))
