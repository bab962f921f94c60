"""Firmware in setup mode takes our keys, and from then on boots what they signed, nothing else."""

from collections.abc import Iterator

import pytest
from tests.vm.chain import section
from tests.vm.press import Press, new_signer

from ichor.formats.boot_entry import BootEntry
from ichor.image import authenticode
from ichor.provision import machine as machines
from ichor.testing.machine import Trial, trial

pytestmark = pytest.mark.vm
OURS, FOREIGN = new_signer("ours"), new_signer("foreign")


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Press:
    return Press(tmp_path_factory.mktemp("press"))


@pytest.fixture(scope="module")
def machine(press: Press) -> Iterator[Trial]:
    """A machine whose firmware has enrolled our keys."""
    with trial(press.signed_disk(OURS), secure_boot=True) as made:
        made.answered()
        yield made


def test_what_is_signed_by_enrolled_keys_boots_with_secure_boot_on(machine: Trial) -> None:
    assert "Secure boot enabled" in machine.console


# All of the chain, with a slot to fall back to and without Secure Boot: `make chain`.
@pytest.mark.parametrize("kind", ["unsigned", "foreign", "line", "kernel", "loader"])
def test_what_is_not_is_refused(press: Press, machine: Trial, kind: str) -> None:
    image = {
        "unsigned": lambda: press.image,
        "foreign": lambda: authenticode.sign(press.image, *FOREIGN),
        "line": lambda: section(".cmdline")(authenticode.sign(press.image, *OURS)),
        "kernel": lambda: section(".linux")(authenticode.sign(press.image, *OURS)),
        "loader": lambda: authenticode.sign(press.image, *OURS),
    }[kind]()
    loader = section(".text") if kind == "loader" else bytes
    machine.switch_off()
    before = len(machine.console)
    press.put(machine.directory / machines.DISK, {BootEntry(1): image}, OURS, loader)
    machine.start()
    machine.until_after(before, "Access denied")
    assert "Linux version" not in machine.console[before:]
