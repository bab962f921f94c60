"""Firmware in setup mode takes our keys, and from then on boots what they signed, nothing else."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.vm.press import Press

from ichor.formats import pe
from ichor.formats.boot_entry import BootEntry
from ichor.image import authenticode
from ichor.image.uki import Signer
from ichor.pki import issue
from ichor.provision import machine as machines
from ichor.testing.machine import Trial, trial

pytestmark = pytest.mark.vm
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def signer(name: str) -> Signer:
    pair = issue.make_signer(name, now=NOW, entropy=os.urandom)
    return Signer(pair.certificate, pair.key)


OURS, FOREIGN = signer("ours"), signer("foreign")


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Press:
    return Press(tmp_path_factory.mktemp("press"))


@pytest.fixture(scope="module")
def machine(press: Press, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A machine whose firmware has enrolled our keys."""
    image = tmp_path_factory.mktemp("disk") / "disk.raw"
    shutil.copy(press.disk, image)
    press.put(image, {BootEntry(1): authenticode.sign(press.image, *OURS)}, OURS)
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
        "foreign": lambda: authenticode.sign(press.image, *FOREIGN),
        "changed": lambda: changed(authenticode.sign(press.image, *OURS)),
    }[kind]()
    machine.switch_off()
    before = len(machine.console)
    press.put(machine.directory / machines.DISK, {BootEntry(1): image}, OURS)
    machine.start()
    machine.until_after(before, "Access denied")
    assert "Linux version" not in machine.console[before:]
