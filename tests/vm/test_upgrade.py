"""Another image for a machine: written where nothing runs from, started, and left for the one
before where it does not come up.

The machine has no images of Kubernetes and so is never ready: as with an image that cannot be.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.lab import PROGRAM
from tests.config import samples
from tests.vm.press import Press

from ichor.cli.gen import talosconfig
from ichor.config.encode import encode
from ichor.formats import verity
from ichor.image import installer
from ichor.image import verity as verified
from ichor.image.cache import Cache, default_root
from ichor.image.progress import Lines
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import machine as machines
from ichor.testing.machine import Trial, trial

pytestmark = pytest.mark.vm
OTHER_LEVEL = 1  # of compression: the same files, another root


class Machine:
    """One that has its configuration, and who may command it."""

    def __init__(self, made: Trial, press: Press, work: Path) -> None:
        self.trial = made
        self._press = press
        self._config = work / "talosconfig"
        self._config.write_text(talosconfig("CLUSTER", samples.secrets()))

    def ichor(self, *arguments: str) -> None:
        done = self._ichor(*arguments)
        assert done.returncode == 0, done.stderr

    def _ichor(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        through = ("--talosconfig", str(self._config), "-e", f"127.0.0.1:{self.trial.port}")
        command = [sys.executable, "-c", PROGRAM, *arguments, *through]
        return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)

    def root(self) -> bytes:
        """Give the hash of the root that it runs, once it answers."""
        while (done := self._ichor("read", "/proc/cmdline")).returncode:
            self.trial.check_hope(f"it does not answer: {done.stderr}")
            time.sleep(0.5)
        return verity.parse(done.stdout).root

    def entries(self) -> set[str]:
        """Give the names of its boot entries, as they are when it is off."""
        self.trial.switch_off()
        found = self._press.entries(self.trial.directory / machines.DISK)
        self.trial.start()
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    press = Press(tmp_path)
    with trial(press.disk, 768) as made:
        made.answered()
        request = pb.ApplyConfigurationRequest(data=encode(samples.control_plane()).encode())
        made.ask("ApplyConfiguration", pb.ApplyConfigurationResponse, request)
        made.until("service=containerd state=Running")
        yield Machine(made, press, tmp_path)


def test_a_machine_runs_another_image_and_the_one_before_again(machine: Machine) -> None:
    cache = Cache(default_root())
    steps = [installer.installer_step(cache, OTHER_LEVEL), verified.verity_step(cache)]
    cache.make(steps, Lines())
    archive = cache.path(steps[0]) / installer.ARCHIVE
    old = verified.read(cache.path(steps[1])).root
    new = verified.read(cache.path(verified.verity_step(cache, OTHER_LEVEL))).root
    assert old != new
    assert machine.root() == old
    machine.ichor("upgrade", "-i", str(archive))
    assert machine.root() == new
    assert machine.trial.crashes == 0
    assert machine.entries() == {"ichor-1+2.efi", "ichor-2+1-1.efi"}
    assert machine.root() == new  # its last try
    assert machine.entries() == {"ichor-1+2.efi", "ichor-2+0-2.efi"}
    assert machine.root() == old
    machine.ichor("rollback")
    assert machine.root() == new
    assert machine.entries() == {"ichor-1+1-1.efi", "ichor-3+1-1.efi"}
