"""Whole clusters as their users have them: our command, kubectl, files of their own.

ICHOR_PROVISIONER=qemu makes them of virtual machines, which are slower by a factor; else nodes are
containers.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ichor.provision import accelerator

ROOT = Path(__file__).parents[2]
_PROGRAM = "import sys; from ichor.cli.main import main; sys.exit(main(sys.argv[1:]))"
LONGEST_S = 420
PROVISIONER = os.environ.get("ICHOR_PROVISIONER", "containers")
SLOWNESS = accelerator.SLOWNESS["tcg"] if PROVISIONER == "qemu" else 1
_OPTIONS = {"containers": (), "qemu": ("--provisioner", "qemu", "--memory", "3072")}


class Whole:
    """A cluster that the command makes and removes; directory: where its user's files are."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.directory = directory
        self.environment: Mapping[str, str] = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "ICHOR_STATE": str(directory / "state"),
            "KUBECONFIG": str(directory / "kubeconfig"),
            "TALOSCONFIG": str(directory / "talosconfig"),
        }

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-c", _PROGRAM, "cluster", *words, "--name", self.name]

    def machine_argv(self, *words: str) -> list[str]:
        """Give a command to machines, through the cluster's endpoint."""
        return [sys.executable, "-c", _PROGRAM, *words]

    def run(self, *argv: str, text: str | None = None, seconds: float = 60) -> str:
        done = subprocess.run(
            argv,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds * SLOWNESS,
            check=False,
        )
        assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def create(self, *options: str) -> str:
        words = ("create", "--subnet", "10.6.0.0/24", "--wait-timeout", "5m")
        argv = self.argv(*words, *_OPTIONS[PROVISIONER], *options)
        said = self.run(*argv, seconds=LONGEST_S)
        print(said)
        return said

    def destroy(self) -> str:
        return self.run(*self.argv("destroy"))

    def kubectl(self, *words: str, text: str | None = None, seconds: float = 60) -> str:
        program = self.directory / "state/clusters" / self.name / "bin/kubectl"
        return self.run(str(program), *words, text=text, seconds=seconds)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command whose output the caller reads and which the caller ends."""
        return subprocess.Popen(
            words,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@contextmanager
def destroyed_after(whole: Whole) -> Generator[Whole]:
    try:
        yield whole
    finally:
        whole.destroy()


@contextmanager
def ended_after(process: subprocess.Popen[str]) -> Generator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
