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
    line = next(one for one in pe.sections(image) if one.name == ".cmdline")
    text = image[line.offset : line.offset + line.size]
    other = text.replace(b"init=/sbin/init", b"init=/sbin/none").replace(b"panic=10", b"panic=01")
    assert other != text
    return image[: line.offset] + other + image[line.offset + line.size :]


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
        machine.power_off()
        assert press.entries(machine.directory / machines.DISK) == {
            "ichor-1+2.efi",
            "ichor-2+0-2.efi",
        }
