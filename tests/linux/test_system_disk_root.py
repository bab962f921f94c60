"""Partitions of a real disk, a loop device: the kernel learns of them, and of those that grow."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from ichor.controllers.block.sizes import grown
from ichor.formats.gpt import LINUX_DATA, SECTOR, Partition, Table
from ichor.linux import system_disk
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import EPHEMERAL, MIB
from ichor.resources.block.volume_config import Partition as Size

pytestmark = pytest.mark.root


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Give the name of one of 64 MiB, and its file."""
    file = tmp_path / "disk"
    file.touch()
    os.truncate(file, 64 * MIB)
    command = ["losetup", "--find", "--show", str(file)]
    device = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    try:
        yield device.removeprefix("/dev/"), file
    finally:
        subprocess.run(["partx", "--delete", device], check=True)
        subprocess.run(["losetup", "--detach", device], check=True)


def seen(name: str) -> SystemDisk:
    sectors = size_of(name) // SECTOR
    return SystemDisk(name=name, table=system_disk.read(Path("/dev", name), sectors))


def size_of(name: str) -> int:
    return int(Path("/sys/class/block", name, "size").read_text()) * SECTOR


def test_a_partition_is_added_and_grows_while_it_is_open(disk: tuple[str, Path]) -> None:
    name, file = disk
    table = Table(UUID(int=9), 64 * MIB // SECTOR)
    first = MIB // SECTOR
    added = Partition(6, LINUX_DATA, UUID(int=6), first, first + 16 * first - 1, EPHEMERAL)
    system_disk.add(SystemDisk(name=name, table=table), added)
    assert size_of(f"{name}p6") == 16 * MIB
    assert seen(name).table.partitions == (added,)

    os.truncate(file, 128 * MIB)
    subprocess.run(["losetup", "--set-capacity", f"/dev/{name}"], check=True)
    larger = seen(name)
    wanted = grown(larger.table, EPHEMERAL, Size(grow=True, max_size=100 * MIB))
    assert wanted is not None
    with Path(larger.device(EPHEMERAL)).open("rb"):
        after = system_disk.grow(larger, wanted)
    assert size_of(f"{name}p6") == 100 * MIB
    assert seen(name) == after
    assert grown(after.table, EPHEMERAL, Size(grow=True, max_size=100 * MIB)) is None
