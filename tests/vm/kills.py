"""A machine that loses its power amid an upgrade, five times, starts. See `make power-cuts`."""

from pathlib import Path

import pytest
from tests.vm.upgrading import images, machine

from ichor.config.versions import INSTALLER

pytestmark = pytest.mark.vm
# What an upgrade says; the last is said when it is over.
MOMENTS = ("checking", "root: 2", "root: verified", "writing boot entry", "is started next")


def test_a_machine_that_loses_its_power_amid_an_upgrade_starts(tmp_path: Path) -> None:
    known = images()
    either = {known.old.root.root: "old", known.new.root.root: "new"}
    with machine(tmp_path) as one:
        one.ichor("image", "pull", str(known.archive), "--namespace", "system")
        for moment in MOMENTS:
            one.cut_when(moment, "upgrade", "-i", INSTALLER, "--no-reboot")
            print(f"power cut after {moment!r}: starts the {either[one.root()]} image", flush=True)
            one.until_ok("image", "list", "--namespace", "system")


def test_a_start_that_loses_its_power_amid_a_staged_upgrade_is_followed_by_one_that_does_it(
    tmp_path: Path,
) -> None:
    known = images()
    with machine(tmp_path) as one:
        one.ichor("image", "pull", str(known.archive), "--namespace", "system")
        begin = len(one.trial.console)
        one.ichor("upgrade", "-i", INSTALLER, "--stage", "--no-wait")
        one.trial.until_after(begin, "step='root: 2")
        one.trial.cut_power()
        begin = len(one.trial.console)
        one.trial.until_after(begin, "is started next")
        begin += one.trial.console[begin:].index("is started next")
        one.trial.until_after(begin, "Linux version")
        assert one.root() == known.new.root.root
        print("power cut amid a staged upgrade: written by the next start", flush=True)
