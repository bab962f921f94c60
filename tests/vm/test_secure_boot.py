"""Firmware in setup mode takes our keys, and from then on boots what they signed, nothing else."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ichor.cli.cluster_machines import disk_image
from ichor.formats import gpt, pe
from ichor.image import authenticode, disk, uki
from ichor.image.cache import Cache, default_root
from ichor.image.uki import Signer
from ichor.pki import issue
from ichor.provision import machine as machines
from ichor.testing.machine import Trial, trial

pytestmark = pytest.mark.vm
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def signer(name: str) -> Signer:
    pair = issue.make_signer(name, now=NOW, entropy=os.urandom)
    return Signer(pair.certificate, pair.key)


class Press:
    """Makes ESPs from what was built, and puts them on disks."""

    def __init__(self, work: Path) -> None:
        cache = Cache(default_root())
        self.disk = disk_image()
        self._work = work
        self._fat = cache.path(disk.fat_tools_step(cache))
        self._loader = (cache.path(uki.stub_step()) / disk.LOADER).read_bytes()
        self.image = (cache.path(uki.uki_step(cache)) / uki.FILE).read_bytes()
        self.ours, self.foreign = signer("ours"), signer("foreign")

    def put(self, target: Path, image: bytes) -> None:
        """Put an ESP with this image, beside a loader of ours, on a disk."""
        files = disk.esp_files(self._loader, image, self.ours)
        esp = self._work / "esp"
        disk.make_esp(files, esp, self._fat)
        with target.open("r+b") as file:
            first = gpt.parse(file.read(64 * gpt.SECTOR)).partitions[0].first
            file.seek(first * gpt.SECTOR)
            file.write(esp.read_bytes())


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Press:
    return Press(tmp_path_factory.mktemp("press"))


@pytest.fixture(scope="module")
def machine(press: Press, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A machine whose firmware has enrolled our keys."""
    image = tmp_path_factory.mktemp("disk") / "disk.raw"
    shutil.copy(press.disk, image)
    press.put(image, authenticode.sign(press.image, *press.ours))
    with trial(image, secure_boot=True) as made:
        made.answered()
        yield made


def test_what_is_signed_by_enrolled_keys_boots_with_secure_boot_on(machine: Trial) -> None:
    assert "Secure boot enabled" in machine.console


def changed(image: bytes) -> bytes:
    line = next(one for one in pe.sections(image) if one.name == ".cmdline")
    at = line.offset + line.size // 2
    return image[:at] + bytes([image[at] ^ 1]) + image[at + 1 :]


@pytest.mark.parametrize("kind", ["unsigned", "foreign", "changed"])
def test_what_is_not_is_refused(press: Press, machine: Trial, kind: str) -> None:
    image = {
        "unsigned": lambda: press.image,
        "foreign": lambda: authenticode.sign(press.image, *press.foreign),
        "changed": lambda: changed(authenticode.sign(press.image, *press.ours)),
    }[kind]()
    machine.switch_off()
    before = len(machine.console)
    press.put(machine.directory / machines.DISK, image)
    machine.start()
    machine.until_after(before, "Access denied")
    assert "Linux version" not in machine.console[before:]
