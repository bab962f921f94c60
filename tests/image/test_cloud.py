"""Disks for platforms: each platform has one, of the same bytes each time, whatever file system."""

import gzip
import io
import os
import sys
import tarfile
from pathlib import Path
from uuid import UUID

import pytest
from tests.image.test_disk import parts

from ichor.errors import InputError
from ichor.formats import gpt, qcow2
from ichor.formats.gpt import LINUX_DATA, Partition, Table
from ichor.image import cloud, disk, installer, platform, release, sparse, uki
from ichor.image import raw as raws
from ichor.image.cache import Cache
from ichor.image.platform import PLATFORMS, RAW_ZST, TAR_GZ, VHD
from ichor.peers.platform.programs import NAMES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DISK = UUID("6b8d2a52-6f0c-8f9c-8a6e-0123456789ab")


def small_disk(folder: Path, mib: int = 8) -> Path:
    """Write a disk with a partition that is not full."""
    content, out = folder / "content", folder / "disk.raw"
    content.write_bytes(b"content" * 30_000)
    part = Partition(1, LINUX_DATA, DISK, 2048, 6143)
    raws.write(out, Table(DISK, mib * 2048, (part,)), [(content, part)])
    return out


def test_every_platform_that_a_machine_can_ask_has_an_image() -> None:
    assert sorted(PLATFORMS) == sorted(NAMES)
    assert {one.container for one in PLATFORMS.values()} == set(cloud.WRITERS)


def test_the_command_line_names_its_platform(tmp_path: Path) -> None:
    *_, made = parts(tmp_path / "parts")
    for name in PLATFORMS:
        words = uki.command_line(made, (), name).split()
        named = [one for one in words if one.startswith("talos.platform=")]
        assert named == [f"talos.platform={name}"]
    aws = uki.command_line(made, (), "aws").split()
    assert "nvme_core.io_timeout=4294967295" in aws
    with pytest.raises(InputError, match=r"unknown platform 'vmware'.*one of metal, aws"):
        uki.command_line(made, (), "vmware")


def test_steps_of_a_platform_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = tmp_path / "bzImage"
    kernel.write_bytes(b"kernel")
    monkeypatch.setenv(uki.KERNEL, str(kernel))
    cache = Cache(tmp_path)
    aws, metal = (cloud.cloud_step(cache, name) for name in ("aws", "metal"))
    assert (aws.name, aws.needs[0].name) == ("cloud/aws", "disk/aws")
    assert metal.needs[0].key == disk.disk_step(cache).key != aws.needs[0].key
    own, other = (installer.installer_step(cache, platform=name) for name in ("aws", "metal"))
    assert (own.name, other.name) == ("installer/aws", "installer")
    assert own.key != other.key
    released = release.steps(cache, 3, "aws")
    assert released["aws.raw.zst"].key == aws.key
    assert released["installer.tar"].key == own.key
    assert "disk.raw" not in released
    with pytest.raises(InputError, match="unknown platform"):
        cloud.cloud_step(cache, "vmware")


@pytest.mark.parametrize("container", sorted(cloud.WRITERS))
def test_holes_of_the_file_make_no_difference(tmp_path: Path, container: str) -> None:
    raw, full = small_disk(tmp_path), tmp_path / "full"
    full.write_bytes(raw.read_bytes())
    assert full.stat().st_blocks > raw.stat().st_blocks
    made = []
    for number, source in enumerate((raw, full)):
        cloud.WRITERS[container](source, tmp_path / str(number))
        made.append((tmp_path / str(number)).read_bytes())
    assert made[0] == made[1]


def test_a_packed_disk_is_the_disk(tmp_path: Path) -> None:
    raw, packed = small_disk(tmp_path), tmp_path / "packed"
    cloud.WRITERS[RAW_ZST](raw, packed)
    assert packed.stat().st_size < 10_000
    assert zstd.decompress(packed.read_bytes()) == raw.read_bytes()


def test_google_finds_one_file_in_an_archive(tmp_path: Path) -> None:
    raw, packed = small_disk(tmp_path), tmp_path / "gcp.tar.gz"
    cloud.WRITERS[TAR_GZ](raw, packed)
    assert packed.stat().st_size < 1 << 20
    cloud.compress(packed, ["gzip"])
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed.read_bytes()))) as archive:
        (member,) = archive
        assert (member.name, member.size, member.uid) == ("disk.raw", 8 << 20, 0)
        archive.extract(member, tmp_path / "again", filter="data")
    assert (tmp_path / "again" / "disk.raw").read_bytes() == raw.read_bytes()


def test_googles_disk_has_whole_gibibytes_and_its_table_at_both_ends(tmp_path: Path) -> None:
    out = tmp_path / "disk.raw"
    disk.write(out, *parts(tmp_path / "parts"), platform.platform("gcp").align)
    assert out.stat().st_size == 1 << 30
    with out.open("rb") as file:
        table = gpt.parse(file.read(64 * gpt.SECTOR))
        file.seek(-33 * gpt.SECTOR, os.SEEK_END)
        assert gpt.parse_tail(file.read(), (1 << 30) // gpt.SECTOR) == table


def test_azure_has_a_footer_behind_whole_mebibytes(tmp_path: Path) -> None:
    raw, out = small_disk(tmp_path), tmp_path / "azure.vhd"
    cloud.WRITERS[VHD](raw, out)
    made = out.read_bytes()
    assert made[:-512] == raw.read_bytes()
    assert made[-512:-504] == b"conectix"
    assert DISK.bytes in made[-512:]


def test_units_that_are_zero_are_told_by_their_bytes(tmp_path: Path) -> None:
    path, unit = tmp_path / "file", qcow2.CLUSTER
    with path.open("wb") as file:
        file.write(bytes(3 * unit))
        os.pwrite(file.fileno(), b"x", unit)
        os.pwrite(file.fileno(), b"x", 4 * unit + 7)
    size = path.stat().st_size
    assert list(sparse.filled(path, unit)) == [1, 4]
    assert sparse.runs([1, 2, 4], unit, size) == [(unit, 2 * unit), (4 * unit, 8)]
