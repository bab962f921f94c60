"""A cluster of one node with Kubernetes, made once for the tests that look at it as an intruder."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ichor.client.talosconfig import Context, load
from ichor.provision import control, record
from ichor.provision.control import Verb
from ichor.provision.record import Node
from ichor.rpc.client import Channel
from ichor.rpc.peer import TcpTarget
from ichor.rpc.tls import ClientTls, Identity, client_context

ROOT = Path(__file__).parents[2]
SUBNET = "10.13.0.0/24"
PROGRAM = "import sys; from ichor.cli.main import main; sys.exit(main(sys.argv[1:]))"
OURS = (b"apid", b"trustd", b"registryd", b"zygote", b"signer")


class Lab:
    """The node of a cluster, from the host: its processes, files, and API."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.node: Node = record.load(name).nodes[0]
        self.directory = record.node_directory(name, self.node.name)
        self.init = control.call(self.directory, Verb.STATUS).pid
        self.root = Path(f"/proc/{self.init}/root")
        self.context: Context = load(record.cluster_directory(name) / "talosconfig").current()

    def processes(self) -> dict[str, int]:
        """Give the host's pids of our own processes, by the name they show."""
        space = Path(f"/proc/{self.init}/ns/pid").readlink()
        found = {"machined": self.init}
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (entry / "ns/pid").readlink() == space:
                    shown = (entry / "cmdline").read_bytes().split(b"\0")[0].split(b" ")[0]
                    if shown in (*OURS, b"/usr/bin/containerd"):
                        found[Path(shown.decode()).name] = int(entry.name)
        return found

    def probe(self, what: str, *arguments: str) -> object:
        """Run tests.cluster.probe inside the node's namespaces, as its root."""
        command = [sys.executable, "-m", "tests.cluster.probe", str(self.init), what, *arguments]
        done = subprocess.run(
            command,
            capture_output=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}/src"},
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        found: object = json.loads(done.stdout)
        return found

    def kubectl(self, *words: str, text: str | None = None) -> str:
        directory = record.cluster_directory(self.name)
        config = str(directory / "kubeconfig")
        command = [str(directory / "bin/kubectl"), "--kubeconfig", config, *words]
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def ichor(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Call the node by our own command."""
        config = str(record.cluster_directory(self.name) / "talosconfig")
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, "--talosconfig", config, *words],
            env={**os.environ, "PYTHONPATH": f"{ROOT}/src"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def channel(self, tls: ClientTls | None = None) -> Channel:
        return Channel(TcpTarget("127.0.0.1", self.node.forward("api"), tls or self.admin()))

    def admin(self) -> ClientTls:
        shown = self.context
        assert shown.ca
        assert shown.crt
        assert shown.key
        identity = Identity(shown.crt.encode(), shown.key.reveal().encode())
        return ClientTls(client_context(shown.ca.encode(), identity))

    def logs(self) -> Iterator[Path]:
        """Give every file that tells what happened: console, services, containers."""
        yield self.directory / "console.log"
        yield self.directory / "keeper.log"
        logs = self.directory / "var/log"
        yield from (path for path in logs.rglob("*") if path.is_file() and not path.is_symlink())


@contextmanager
def lab(name: str, directory: Path, *options: str) -> Iterator[Lab]:
    """Create the cluster by our own command; none is left."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}/src",
        "TALOSCONFIG": str(directory / "talosconfig"),
        "KUBECONFIG": str(directory / "kubeconfig"),
    }

    def ichor(*arguments: str) -> None:
        command: Sequence[str] = [sys.executable, "-c", PROGRAM, "cluster", *arguments]
        subprocess.run([*command, "--name", name], env=environment, timeout=540, check=True)

    ichor("destroy")
    try:
        ichor("create", "--workers", "0", "--subnet", SUBNET, *options)
        yield Lab(name)
    finally:
        ichor("destroy")
