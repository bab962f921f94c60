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
