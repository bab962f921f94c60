"""The power is cut at every write of an upgrade: what is left always starts, the old or the new.

A machine's writes are logged below it, its firmware's among them. Every state that a cut can leave
is made of the disk it began with: the writes up to one, also a part of it, and one write of those
that nothing had flushed, without its elders. Whether it starts is judged as loader and kernel
would. Run by `make power-cuts`: QEMU 7.2's log of writes now and then fails a write, with an error
in the guest, so that it is no part of every run.
"""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest
from tests.vm.press import Press
from tests.vm.upgrading import Image, images, machine
from tests.vm.write_log import Write, read

from ichor.config.versions import INSTALLER
from ichor.errors import FormatError
from ichor.formats import boot_entry, pe
from ichor.formats.gpt import SECTOR
from ichor.image import sparse
from ichor.linux import system_disk
from ichor.linux.install import is_whole
from ichor.provision import machine as machines
from ichor.resources.block.partition import EPHEMERAL, ROOT_SIZE, STATE, root_label

pytestmark = pytest.mark.vm
LEAST = 200


class Judge:
    """Says which image a disk starts. Raises AssertionError where that is none."""

    def __init__(self, press: Press, disk: Path, known: Sequence[tuple[str, Image]]) -> None:
        self._press = press
        self._disk = disk
        self._sectors = disk.stat().st_size // SECTOR
        self._known = {image.kernel: (name, image) for name, image in known}
        self._whole: dict[tuple[int, bytes], bool] = {}

    def wrote(self, write: Write) -> None:
        """What was known of roots there is not known any more."""
        for first, root in tuple(self._whole):
            if write.at < first + ROOT_SIZE and first < write.end:
                del self._whole[first, root]

    def verdict(self) -> str:
        table = system_disk.read(self._disk, self._sectors)
        entries = [
            boot_entry.parse(name)
            for name in self._press.entries(self._disk)
            if name.endswith(".efi")
        ]
        # The loader leaves out what is no image; of the others it starts the first, whatever it is.
        kernels = {entry: self._press.entry(self._disk, entry) for entry in entries}
        first = boot_entry.first(entry for entry, kernel in kernels.items() if is_image(kernel))
        assert first is not None, "the loader finds no entry"
        kernel = kernels[first]
        assert kernel in self._known, f"{first.name} is neither image"
        name, image = self._known[kernel]
        label = root_label(image.root.root)
        (slot,) = [part for part in table.partitions if part.label == label]
        key = slot.first * SECTOR, image.root.root
        if key not in self._whole:
            with self._disk.open("rb") as file:
                file.seek(key[0])
                self._whole[key] = is_whole(file, image.root)
        assert self._whole[key], f"the root of {name} is not whole"
        return name


def is_image(kernel: bytes) -> bool:
    try:
        return any(section.name == ".osrel" for section in pe.sections(kernel))
    except FormatError:
        return False


def flushed(writes: Iterator[Write]) -> Iterator[list[Write]]:
    """Give writes in groups, each of which is on the disk before the next begins."""
    group: list[Write] = []
    for write in writes:
        if write.is_flush:
            yield group
            group = []
        if write.data:
            group.append(write)
    yield group


def put(target: BinaryIO, at: int, data: bytes) -> bytes:
    """Write there; give what was there."""
    target.seek(at)
    before = target.read(len(data))
    target.seek(at)
    target.write(data)
    target.flush()
    return before


def torn(write: Write) -> set[int]:
    """Give what may be written of it, in bytes: whole sectors."""
    parts = {len(write.data) * part // 4 // SECTOR * SECTOR for part in (1, 2, 3)}
    return parts - {0}


def cuts(target: BinaryIO, group: Sequence[Write], judge: Judge, volumes: range) -> Iterator[str]:
    """Put the disk into each state that a cut amid these writes can leave, and name it.

    In the end all of them are there. volumes: where what is written starts nothing.
    """
    for write in group:
        if write.at not in volumes and len(group) > 1:
            before = put(target, write.at, write.data)
            judge.wrote(write)
            yield f"only {len(write.data)} bytes at {write.at}"
            put(target, write.at, before)
            judge.wrote(write)
    for write in group:
        judge.wrote(write)
        for size in torn(write) if write.at not in volumes else ():
            put(target, write.at, write.data[:size])
            yield f"{size} of {len(write.data)} bytes at {write.at}"
        put(target, write.at, write.data)
        if write.at not in volumes:
            yield f"up to {len(write.data)} bytes at {write.at}"


def test_what_an_upgrade_leaves_always_starts(tmp_path: Path) -> None:
    known, base = images(), tmp_path / "base.raw"
    with machine(tmp_path, log_writes=True) as one:
        one.ichor("image", "pull", str(known.archive), "--namespace", "system")
        one.trial.power_off()
        with base.open("wb") as file:
            file.truncate((one.trial.directory / machines.DISK).stat().st_size)
            sparse.copy(one.trial.directory / machines.DISK, file.fileno())
        one.trial.start()
        assert one.root() == known.old.root.root
        one.until_ok("image", "list", "--namespace", "system")
        one.ichor("upgrade", "-i", INSTALLER, "--no-reboot")
        one.trial.switch_off()
        log = shutil.copy(one.trial.directory / machines.WRITES, tmp_path)
    table = system_disk.read(base, base.stat().st_size // SECTOR)
    (state,), (ephemeral,) = (
        [part for part in table.partitions if part.label == label] for label in (STATE, EPHEMERAL)
    )
    volumes = range(state.first * SECTOR, (ephemeral.last + 1) * SECTOR)
    judge = Judge(one.press, base, [("old", known.old), ("new", known.new)])
    said: list[str] = []
    with base.open("r+b") as target:
        for group in flushed(read(Path(log))):
            for state_of_it in cuts(target, group, judge, volumes):
                try:
                    said.append(judge.verdict())
                except Exception as error:
                    raise AssertionError(f"cut {len(said)}, {state_of_it}: {error}") from error
    print(f"power cuts: {Counter(said)}")
    assert len(said) >= LEAST
    assert (said[0], said[-1]) == ("old", "new")
    assert set(said) == {"old", "new"}
