"""Tries of boot entries: who comes up has them back, who does not makes room for another."""

import shutil
from pathlib import Path

import pytest
from tests.vm.press import Press

from ichor.formats import pe
from ichor.formats.boot_entry import BootEntry
from ichor.provision import machine as machines
from ichor.testing.machine import trial

pytestmark = pytest.mark.vm


def without_init(image: bytes) -> bytes:
    """Give the image with a command line by which the kernel finds no init, and restarts soon."""
    return told(told(image, b"init=/sbin/init", b"init=/sbin/none"), b"panic=10", b"panic=01")


def told(image: bytes, word: bytes, other: bytes) -> bytes:
    """Give the image with another word in its command line."""
    line = next(one for one in pe.sections(image) if one.name == ".cmdline")
    text = image[line.offset : line.offset + line.size]
    assert text.count(word) == 1
    changed = text.replace(word, other)
    return image[: line.offset] + changed + image[line.offset + line.size :]


def test_an_image_that_does_not_come_up_makes_room_for_the_one_before(tmp_path: Path) -> None:
    press, image = Press(tmp_path), tmp_path / "disk.raw"
    shutil.copy(press.disk, image)
    press.put(image, {BootEntry(1): press.image, BootEntry(2): without_init(press.image)})
    with trial(image) as machine:
        machine.answered()
        said = machine.console
        assert said.count("Kernel panic - not syncing") == 2
        assert said.count("Linux version") == 3
        machine.until("boot entry armed")
        machine.until("least generation remembered least=1")
        machine.power_off()
        assert press.entries(machine.directory / machines.DISK) == {
            "ichor-1+2.efi",
            "ichor-2+0-2.efi",
        }
        # It was well, so nothing older may run any more, whoever puts it there.
        older = told(press.image, b"ichor.generation=1", b"ichor.generation=0")
        entries = {BootEntry(1): press.image, BootEntry(2, left=1): older}
        press.put(machine.directory / machines.DISK, entries)
        begin = len(machine.console)
        machine.start()
        machine.until_after(begin, "generation 0: none before 1 runs here")
        machine.until_after(begin + machine.console[begin:].index("none before 1"), "entry armed")
        assert machine.console[begin:].count("Linux version") == 2
