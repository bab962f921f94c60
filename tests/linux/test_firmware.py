"""What firmware says, and the disks that bring a configuration: told apart by sysfs."""

import os
from pathlib import Path

import pytest

from ichor.errors import InputError
from ichor.formats.volume_label import Volume
from ichor.linux import firmware, labelled_disk
from ichor.linux.labelled_disk import KernelLabelledDisks


def oem_strings(entries: Path, number: int, *strings: str) -> None:
    folder = entries / f"11-{number}"
    folder.mkdir(parents=True)
    text = b"\0".join(one.encode() for one in strings) + b"\0\0"
    (folder / "raw").write_bytes(bytes([11, 5, 0, 0, len(strings)]) + text)


def test_oem_strings_that_are_ours_are_arguments(tmp_path: Path) -> None:
    oem_strings(tmp_path, 0, "talos.config=http://x?a=b", "vendor", "talos.halt=1")
    oem_strings(tmp_path, 1, "talos.config.inline=AA", "talos.config.inline=BB")
    (tmp_path / "11-2").mkdir()
    (tmp_path / "11-2/raw").write_bytes(b"\x0b")  # cut off
    assert firmware.arguments(tmp_path, tmp_path / "none") == {
        "talos.config": "http://x?a=b",
        "talos.config.inline": "AABB",
    }


def test_files_of_fw_cfg_are_too(tmp_path: Path) -> None:
    for name in ("talos.platform", "talos.other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "raw").write_bytes(b"nocloud\n")
    assert firmware.arguments(tmp_path / "none", tmp_path) == {"talos.platform": "nocloud"}


def test_what_smbios_does_not_tell_is_empty(tmp_path: Path) -> None:
    (tmp_path / "product_uuid").write_text("4c4c\n")
    (tmp_path / "product_serial").write_text("ds=nocloud;s=http://x/\n")
    found = firmware.system(tmp_path)
    assert (found.uuid, found.serialnumber) == ("4c4c", "ds=nocloud;s=http://x/")
    assert found.manufacturer == ""


def blocks(folder: Path, *paths: str) -> Path:
    """Make links as of /sys/class/block to devices below others."""
    listed = folder / "class"
    listed.mkdir()
    for path in paths:
        device = folder / "devices" / path
        device.mkdir(parents=True, exist_ok=True)
        (listed / device.name).symlink_to(device)
    return listed


def test_the_system_disk_and_what_is_made_of_others_is_not_looked_at(tmp_path: Path) -> None:
    there = ("vda", "vda/vda1", "vdb", "vdb/vdb1", "dm-0", "loop3", "sr0")
    listed = blocks(tmp_path, *there)
    assert set(labelled_disk.candidates(listed, "vda")) == {"vdb", "vdb1", "sr0"}
    assert set(labelled_disk.candidates(listed, "")) == {"vda", "vda1", "vdb", "vdb1", "sr0"}


def test_of_a_hybrid_image_the_disk_itself_is_taken(tmp_path: Path) -> None:
    listed = blocks(tmp_path, "vdb", "vdb/vdb1", "vdc", "vdc/vdc1")
    volume = Volume("iso9660", "cidata")
    found: dict[str, Volume] = dict.fromkeys(("vdb", "vdb1", "vdc1"), volume)
    assert labelled_disk.without_parts(found, listed) == ["vdb", "vdc1"]


def test_two_disks_of_one_label_are_refused(tmp_path: Path) -> None:
    listed, dev = blocks(tmp_path, "vdb", "vdc", "vdd"), tmp_path / "dev"
    dev.mkdir()
    descriptor = b"\x01CD001\x01\0" + b" " * 32 + b"CIDATA".ljust(32)
    for name in ("vdb", "vdc"):
        (dev / name).write_bytes(bytes(16 * 2048) + descriptor.ljust(2048))
    disks = KernelLabelledDisks(listed, dev)  # vdd cannot be read: it is passed over
    with pytest.raises(InputError, match=r"vdb.*vdc"):
        disks.read(("cidata",), ("user-data",))
    assert disks.read(("metal-iso",), ("config.yaml",)) is None


def test_a_fifo_in_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "user-data")
    root = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with pytest.raises(InputError, match="no regular file"):
            labelled_disk.read_file(root, "user-data")
    finally:
        os.close(root)
