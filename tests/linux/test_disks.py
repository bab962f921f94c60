"""What a disk holds, told by its two ends; and what a medium writes, cut off anywhere."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.linux.test_install import DATA, KERNEL, MADE, TAIL

from ichor.errors import Conflict, InputError
from ichor.formats import gpt, installer
from ichor.formats.gpt import LINUX_DATA, Partition
from ichor.linux import disks, system_disk
from ichor.linux.medium import Medium
from ichor.ports.installation import Holds, InstallTo, Target
from ichor.resources.block import layout
from ichor.resources.block.partition import MIB, STATE

SIZE = layout.LEAST
ESP_FILES = {"EFI/BOOT/BOOTX64.EFI": b"loader", "loader/loader.conf": b"timeout 0\n"}


def disk(folder: Path) -> Path:
    path = folder / "vda"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


def put(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at if at >= 0 else SIZE + at)
        file.write(data)


@pytest.mark.parametrize(
    ("at", "data"),
    [
        (0, b"\x33\xc0"),  # a boot sector
        (510, b"\x55\xaa"),
        (1024 + 56, b"\x53\xef"),  # ext4
        (0, b"XFSB"),
        (0x10040, b"_BHRfS_M"),  # btrfs
        (4096, b"\xfc\x4e\x2b\xa9"),  # md 1.2
        (-8192, b"\xfc\x4e\x2b\xa9"),  # md 1.0
        (-65536, b"\xfc\x4e\x2b\xa9"),  # md 0.9
        (512, b"LABELONE"),  # LVM
    ],
)
def test_what_others_left_is_not_blank(tmp_path: Path, at: int, data: bytes) -> None:
    path = disk(tmp_path)
    assert disks.holds(path, SIZE) is Holds.NOTHING
    put(path, at, data)
    assert disks.holds(path, SIZE) is Holds.FOREIGN


def test_a_table_of_ours_is_an_installation_once_it_has_state(tmp_path: Path) -> None:
    path = disk(tmp_path)
    table = layout.plan(MADE.root, SIZE // gpt.SECTOR)
    system_disk.write(path, table)
    assert disks.holds(path, SIZE) is Holds.BEGUN
    first = table.partitions[-1].last + 1
    state = Partition(5, LINUX_DATA, table.disk, first, first + 999, STATE)
    system_disk.write(path, table._replace(partitions=(*table.partitions, state)))
    assert disks.holds(path, SIZE) is Holds.INSTALLED


def test_a_table_of_others_is_theirs(tmp_path: Path) -> None:
    path = disk(tmp_path)
    other = layout.plan(MADE.root, SIZE // gpt.SECTOR)
    parts = tuple(part._replace(label="data") for part in other.partitions)
    system_disk.write(path, other._replace(partitions=parts))
    assert disks.holds(path, SIZE) is Holds.FOREIGN


@pytest.mark.parametrize("torn", range(0, 34, 3))
def test_a_table_that_was_cut_off_is_no_reason_to_refuse(tmp_path: Path, torn: int) -> None:
    path = disk(tmp_path)
    tail = gpt.build(layout.plan(MADE.root, SIZE // gpt.SECTOR)).tail
    put(path, -len(tail), tail[: torn * gpt.SECTOR])
    assert disks.holds(path, SIZE) in {Holds.NOTHING, Holds.BEGUN}
    path = disk(tmp_path)
    put(path, -len(tail) + torn * gpt.SECTOR, tail[torn * gpt.SECTOR :])
    assert disks.holds(path, SIZE) in {Holds.NOTHING, Holds.BEGUN}


def carrying(folder: Path, root: bytes = DATA + TAIL, kernel: bytes = KERNEL) -> Medium:
    place = folder / "boot"
    for name, body in {installer.KERNEL: kernel, **_esp()}.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(body)
    (folder / "loop0").write_bytes(root)
    return Medium(place, folder / "loop0", found(folder), folder, lambda: 0)


def _esp() -> dict[str, bytes]:
    return {f"{installer.ESP}/{name}": body for name, body in ESP_FILES.items()}


def found(folder: Path) -> Callable[[], tuple[Target, ...]]:
    return lambda: (Target(name="vda", size=SIZE, holds=disks.holds(folder / "vda", SIZE)),)


def test_an_installed_disk_has_what_the_medium_carries(tmp_path: Path) -> None:
    path, carried = disk(tmp_path), carrying(tmp_path)
    said = list(carried.install("vda"))
    assert said[-1].endswith("is installed to vda")
    table = system_disk.read(path, SIZE // gpt.SECTOR)
    assert table == layout.plan(MADE.root, SIZE // gpt.SECTOR)
    slot = table.partitions[1]
    with path.open("rb") as file:
        file.seek(slot.first * gpt.SECTOR)
        assert file.read(len(DATA + TAIL)) == DATA + TAIL
    assert carried.installed == "vda"
    with pytest.raises(Conflict, match="is to be rebooted"):
        list(carried.install("vda"))


def test_cut_off_before_its_last_step_it_is_blank_and_installed_again(tmp_path: Path) -> None:
    path = disk(tmp_path)
    steps = len(list(carrying(tmp_path).install("vda")))
    for count in range(steps - 2):
        put(path, 0, bytes(MIB))
        put(path, -MIB, bytes(MIB))
        cut = carrying(tmp_path)
        lines = cut.install("vda")
        for _ in range(count):
            next(lines)
        lines.close()
        assert disks.holds(path, SIZE) is Holds.NOTHING
        assert cut.installed == ""
    assert list(carrying(tmp_path).install("vda"))[-1].endswith("is installed to vda")


def test_a_disk_of_others_is_left_as_it_is_unless_it_may_be_wiped(tmp_path: Path) -> None:
    path, carried = disk(tmp_path), carrying(tmp_path)
    put(path, 1024, b"theirs")
    before = path.stat().st_mtime_ns, path.stat().st_blocks
    with pytest.raises(Conflict, match="vda holds something else"):
        list(carried.install("vda"))
    assert (path.stat().st_mtime_ns, path.stat().st_blocks) == before
    assert list(carried.install("vda", wipe=True))[-1].endswith("is installed to vda")


def test_a_root_that_is_not_what_its_image_names_leaves_no_table(tmp_path: Path) -> None:
    path = disk(tmp_path)
    carried = carrying(tmp_path, root=DATA + TAIL[:-1] + b"!")
    with pytest.raises(InputError, match="not the one that its image names"):
        list(carried.install("vda"))
    assert disks.holds(path, SIZE) is Holds.NOTHING


def test_where_there_is_nothing_to_upgrade_it_is_said(tmp_path: Path) -> None:
    carried = carrying(tmp_path)
    with pytest.raises(Conflict, match="is not installed"):
        carried.upgrade(())
    with pytest.raises(Conflict, match="is not installed"):
        carried.roll_back()


def test_the_port_does_the_same_and_tells_of_it(tmp_path: Path) -> None:
    import asyncio

    disk(tmp_path)
    carried = carrying(tmp_path)
    assert carried.observe().installed == ""
    asyncio.run(carried.apply(InstallTo("vda")))
    seen = carried.observe()
    assert (seen.installed, seen.busy) == ("vda", False)
    assert [one.holds for one in seen.targets] == [Holds.BEGUN]


def test_disks_are_those_that_are_real_and_hold_something(tmp_path: Path) -> None:
    def add(name: str, **files: str) -> None:
        folder = tmp_path / "block" / name
        for path, text in files.items():
            file = folder / path.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{text}\n")

    add("vda", size=str(SIZE // 512), ro="0", serial="abc", device__modalias="virtio:d2")
    add("sr0", size="2048", device__type="5")
    add("loop0", size="2048")
    add("sda", size="0", device__type="0")
    (bad,) = disks.targets(tmp_path / "block", tmp_path)  # it has no device
    assert bad.holds is Holds.FOREIGN
    disk(tmp_path)
    (one,) = disks.targets(tmp_path / "block", tmp_path)
    assert (one.name, one.size, one.serial, one.holds) == ("vda", SIZE, "abc", Holds.NOTHING)
