"""A machine with its configuration, who commands it, and another image for it.

It has no images of Kubernetes and so is never ready: as with an image that cannot be.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.cluster.lab import PROGRAM
from tests.config import samples
from tests.vm.press import Press

from ichor.cli.gen import talosconfig
from ichor.config.encode import encode
from ichor.formats import verity
from ichor.formats.verity import Verity
from ichor.image import authenticode, installer, uki
from ichor.image import verity as verified
from ichor.image.cache import Cache, default_root
from ichor.image.progress import Lines
from ichor.image.uki import Signer
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import machine as machines
from ichor.testing.machine import Trial, trial

OTHER_LEVEL = 1  # of compression: the same files, another root
_TRIES = "{.metadata.id},{.spec.running},{.spec.triesLeft},{.spec.triesFailed}"
PROBATION = ("ichor.probation=40s",)  # of the new image: it has to prove its root meanwhile


class Image(NamedTuple):
    """kernel: what firmware starts."""

    root: Verity
    kernel: bytes


class Images(NamedTuple):
    """old: what a new disk has. archive: the installer image of the new one, not signed."""

    old: Image
    new: Image
    archive: Path
    new_root: Path

    def unsigned(self, work: Path) -> Path:
        """Give an installer image that nobody signed, and whose root nobody gets to read."""
        kernel, root, out = work / "unsigned.efi", work / "none.img", work / "unsigned.tar"
        kernel.write_bytes(self.new.kernel)
        root.write_bytes(bytes(4096))
        installer.pack(kernel, root, out)
        return out

    def signed(self, signer: Signer, out: Path) -> Path:
        """Give the new one's installer image, signed."""
        kernel = out.with_suffix(".efi")
        kernel.write_bytes(authenticode.sign(self.new.kernel, *signer))
        installer.pack(kernel, self.new_root, out)
        return out


@cache
def images() -> Images:
    found = Cache(default_root())
    made = installer.installer_step(found, OTHER_LEVEL, PROBATION)
    roots = verified.verity_step(found), verified.verity_step(found, OTHER_LEVEL)
    kernels = uki.uki_step(found), uki.uki_step(found, OTHER_LEVEL, PROBATION)
    found.make([made, *roots, *kernels], Lines())
    old, new = (
        Image(verified.read(found.path(root)), (found.path(kernel) / uki.FILE).read_bytes())
        for root, kernel in zip(roots, kernels, strict=True)
    )
    assert old.root != new.root
    new_root = found.path(roots[1]) / verified.IMAGE
    return Images(old, new, found.path(made) / installer.ARCHIVE, new_root)


class Machine:
    """One that has its configuration, and who may command it."""

    def __init__(self, made: Trial, press: Press, work: Path) -> None:
        self.trial = made
        self.press = press
        self._config = work / "talosconfig"
        self._config.write_text(talosconfig("CLUSTER", samples.secrets()))

    def ichor(self, *arguments: str) -> None:
        done = self._ichor(*arguments)
        assert done.returncode == 0, f"{done.stderr}\n{self.trial.console[-3000:]}"

    def refuses(self, *arguments: str) -> str:
        """Give what a command that fails says."""
        done = self._ichor(*arguments)
        assert done.returncode == 1, f"{done.stderr}\n{self.trial.console[-3000:]}"
        return done.stderr

    def _ichor(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = self._command(*arguments)
        return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)

    def _command(self, *arguments: str) -> list[str]:
        through = ("--talosconfig", str(self._config), "-e", f"127.0.0.1:{self.trial.port}")
        return [sys.executable, "-c", PROGRAM, *arguments, *through]

    def cut_when(self, said: str, *arguments: str) -> None:
        """Cut its power as soon as a command says that of it, and start it again."""
        command = self._command(*arguments)
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            heard = ""
            for line in process.stderr:
                heard += line
                if said in line:
                    self.trial.switch_off()
                    break
            else:
                raise AssertionError(heard)
            process.kill()
        self.trial.start()

    def root(self) -> bytes:
        """Give the hash of the root that it runs, once it answers."""
        return verity.parse(self.until_ok("read", "/proc/cmdline")).root

    def until_ok(self, *arguments: str) -> str:
        while (done := self._ichor(*arguments)).returncode:
            self.trial.check_hope(f"{arguments[0]} fails: {done.stderr}")
            time.sleep(0.5)
        return done.stdout

    def tries(self) -> dict[int, tuple[bool, int, int]]:
        """Give of each boot entry whether it runs, its tries that are left, and that failed."""
        rows = self.until_ok("get", "bootentries", "-o", "jsonpath=" + _TRIES).split()
        found = (row.split(",") for row in rows)
        return {int(id): (runs == "true", int(left), int(bad)) for id, runs, left, bad in found}

    def entries(self) -> set[str]:
        """Give the names of its boot entries, as they are when it is off."""
        self.trial.switch_off()
        found = self.press.entries(self.trial.directory / machines.DISK)
        self.trial.start()
        return found


@contextmanager
def machine(
    work: Path, *, log_writes: bool = False, signer: Signer | None = None
) -> Iterator[Machine]:
    """Give one that has its configuration, and its container runtime.

    signer: whose keys its firmware has enrolled.
    """
    press = Press(work)
    image = press.disk if signer is None else press.signed_disk(signer)
    with trial(image, 768, log_writes=log_writes, secure_boot=signer is not None) as made:
        made.answered()
        made.until("boot entry armed")
        request = pb.ApplyConfigurationRequest(data=encode(samples.control_plane()).encode())
        made.ask("ApplyConfiguration", pb.ApplyConfigurationResponse, request)
        one = Machine(made, press, work)
        one.until_ok("image", "list", "--namespace", "system")
        yield one
