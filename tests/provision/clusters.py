"""A root image with a tiny init, and clusters of it that are gone when the test is."""

import errno
import os
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ichor.provision import control, inventory, record
from ichor.provision.containers import Containers
from ichor.provision.control import Verb
from ichor.provision.life import State, Status
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster, Node

HERE = Path(__file__).parent
DIRECTORIES = ("proc", "sys", "dev", "run", "tmp", "var", "etc", "system", "sbin")


def build_root(directory: Path) -> Path:
    root, image = directory / "root", directory / "root.squashfs"
    for name in DIRECTORIES:
        (root / name).mkdir(parents=True)
    init = str(root / "sbin/init")
    subprocess.run(["gcc", "-Os", "-static", "-o", init, str(HERE / "init.c")], check=True)
    argv = ["mksquashfs", str(root), str(image), "-quiet", "-no-progress"]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return image


def build_store(directory: Path) -> Path:
    """Make what looks like a prepared content store."""
    database = directory / "io.containerd.metadata.v1.bolt/meta.db"
    database.parent.mkdir(parents=True)
    database.write_text("as built")
    return directory


def unique(letter: str) -> str:
    return f"test-{os.getpid()}-{letter}"


@contextmanager
def destroyed_after(*names: str) -> Generator[None]:
    try:
        yield
    finally:
        for name in names:
            with record.locked(name):
                Containers().destroy(name)


@contextmanager
def at_most(seconds: float) -> Generator[None]:
    """Bound a test: whatever it waits for is interrupted by SIGALRM."""

    def over(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"the test took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def create(name: str, root: Path, *, store: Path | None = None, workers: int = 1) -> Cluster:
    request = Request(name=name, root=root, store=store, workers=workers)
    made, cluster = Containers(), plan(request)
    made.check(cluster)
    with record.locked(name):
        for phase in made.create(cluster, {f"{name}-worker-1": b"version: v1alpha1\n"}):
            phase.action()
    return cluster


def ask(node: Node, line: str, service: str = "api") -> str:
    """Have the node's init do something, through the forwarder; gives its answer.

    A node runs as soon as its init is exec'ed, which is a moment before that listens.
    """
    limit = time.monotonic() + 30
    while not _listens(node, service):
        assert time.monotonic() < limit, f"{node.name} does not listen"
        time.sleep(0.01)
    return exchange(node, line, service)


def _listens(node: Node, service: str) -> bool:
    return exchange(node, "echo up", service) == "up\n"


def exchange(node: Node, line: str, service: str = "api") -> str:
    """Send that through the forwarder whether init listens or not, and give what comes back.

    Whoever is hung up on learns it from the next call: send(2), shutdown(2) or recv(2).
    """
    address = ("127.0.0.1", node.forward(service))
    with socket.create_connection(address, timeout=10) as link:
        try:
            link.sendall(line.encode() + b"\n")
            link.shutdown(socket.SHUT_WR)
            with link.makefile("rb") as stream:
                return stream.read().decode()
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN):
                raise
            return ""


def directory(node: Node) -> Path:
    return record.node_directory(node.cluster, node.name)


def status(node: Node) -> Status:
    return control.call(directory(node), Verb.STATUS)


def next_launch(node: Node, seen: int) -> Status:
    """Wait until the node was launched more than `seen` times, or is stopped."""
    return control.call(directory(node), Verb.NEXT, seen=seen)


def is_running(node: Node) -> bool:
    return status(node).state is State.RUNNING


def left_of(name: str) -> list[str]:
    return inventory.of_cluster(name)
