"""What the host remembers of its clusters, in files that a person can read.

    ~/.local/state/ichor/clusters/            ICHOR_STATE replaces ~/.local/state/ichor
      <name>.lock                             held by whoever changes the cluster
      <name>/cluster.json                     this module; written before anything else is made
      <name>/nodes/<node>/{node.json, userdata, var/, state/, console.log, keeper.log}

A record is written whole, to a temporary file that is then renamed, so a reader sees the old or the
new one. Everything made later is found again from the record or by the names of `name`.
"""

import fcntl
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from ichor.errors import Conflict, FormatError, NotFound

CONSOLE = "console.log"  # in the directory of a node
SCHEMA = 1


class Forward(Struct, frozen=True, kw_only=True):
    """Port `listen` of 127.0.0.1 leads to port `target` of the node."""

    name: str
    listen: int
    target: int


class Machine(Struct, frozen=True, kw_only=True):
    """A virtual machine. image: the disk it begins with. secure_boot: only what is signed runs.

    tpm: it has one. log_writes: what this life of it writes to its disk is also logged, in order.
    uuid: what its firmware says it is; drawn when it is made.
    serial, strings: what its SMBIOS says, as serial number and OEM strings (type 11).
    media: images of disks beside its own, read-only.
    links: how many network cards it has, all on the hub's bridge; the first gets an address there.
    iso, netboot: a CD, or a folder for boot by the network; its disk is empty then.
    screen: it has one, which can be looked at.
    """

    image: str
    memory_mib: int = 2048
    processors: int = 2
    disk_mib: int = 6144
    accelerator: str = "tcg"
    secure_boot: bool = False
    tpm: bool = False
    log_writes: bool = False
    uuid: str = ""
    serial: str = ""
    strings: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    links: int = 1
    iso: str = ""
    netboot: str = ""
    screen: bool = False

    @property
    def has_medium(self) -> bool:
        return bool(self.iso or self.netboot)


class Node(Struct, frozen=True, kw_only=True):
    """Everything the node's keeper needs to start it, now and again.

    root: the squashfs. init: its argument list. environment: all that init gets.
    store: the prepared content store its /var starts with; empty if it pulls its images.
    image_cache: an OCI layout on this host that the node sees as its disk of images; empty if none.
    machine: it is a virtual one, and has no use for root, init, environment and store.
    """

    schema: int = SCHEMA
    cluster: str
    name: str
    role: str
    address: str
    prefix_length: int
    gateway: str
    root: str
    store: str = ""
    init: tuple[str, ...]
    environment: Mapping[str, str] = {}
    image_cache: str = ""
    forwards: tuple[Forward, ...] = ()
    machine: Machine | None = None

    def forward(self, name: str) -> int:
        """Give the port on 127.0.0.1 that leads to this service of the node."""
        for forward in self.forwards:
            if forward.name == name:
                return forward.listen
        raise NotFound(f"node {self.name} forwards no {name}")


class Cluster(Struct, frozen=True, kw_only=True):
    """created: RFC 3339. ready: creation went through to its last phase.

    kubeconfig, talosconfig: the user's files that access is joined into; empty if none.
    """

    schema: int = SCHEMA
    name: str
    subnet: str
    gateway: str
    egress: bool = False
    created: str = ""
    ready: bool = False
    kubeconfig: str = ""
    talosconfig: str = ""
    nodes: tuple[Node, ...] = ()

    @property
    def has_machines(self) -> bool:
        return any(node.machine is not None for node in self.nodes)


R = TypeVar("R", Node, Cluster)


def clusters_directory() -> Path:
    chosen = os.environ.get("ICHOR_STATE")
    base = Path(chosen) if chosen else Path.home() / ".local/state/ichor"
    return base.absolute() / "clusters"


def cluster_directory(cluster: str) -> Path:
    return clusters_directory() / cluster


def node_directory(cluster: str, node: str) -> Path:
    return cluster_directory(cluster) / "nodes" / node


def write_atomic(path: Path, content: bytes, mode: int = 0o600) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def save(cluster: Cluster) -> None:
    directory = cluster_directory(cluster.name)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(directory / "cluster.json", _encode(cluster))


def save_node(directory: Path, node: Node) -> None:
    write_atomic(directory / "node.json", _encode(node))


def _encode(value: Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def load(name: str) -> Cluster:
    """Raises NotFound; FormatError if a newer Ichor wrote it or it is damaged."""
    return _decode(cluster_directory(name) / "cluster.json", Cluster)


def load_node(directory: Path) -> Node:
    return _decode(directory / "node.json", Node)


def _decode(path: Path, kind: type[R]) -> R:
    try:
        value = msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError as err:
        raise NotFound(f"there is no {path}") from err
    except (msgspec.ValidationError, msgspec.DecodeError) as err:
        raise FormatError(f"a record of a {kind.__name__.lower()} in {path}: {err}") from err
    if value.schema > SCHEMA:
        raise FormatError(f"schema {SCHEMA} or older in {path}, not {value.schema}")
    return value


def ready(cluster: Cluster) -> Cluster:
    """Give the same cluster with its creation gone through."""
    return msgspec.structs.replace(cluster, ready=True)


def names() -> list[str]:
    """Give the clusters that have a directory, with or without a readable record."""
    try:
        return sorted(path.name for path in clusters_directory().iterdir() if path.is_dir())
    except FileNotFoundError:
        return []


def promised_ports() -> set[int]:
    """Give the ports of 127.0.0.1 that clusters have or, while stopped, will want again."""
    ports: set[int] = set()
    for name in names():
        with suppress(NotFound, FormatError):
            ports |= {each.listen for node in load(name).nodes for each in node.forwards}
    return ports


@contextmanager
def locked(name: str) -> Generator[None]:
    """Hold the cluster's lock, or raise Conflict if another process holds it."""
    clusters_directory().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = clusters_directory() / f"{name}.lock"
    fd = _lock(path)
    try:
        yield
    finally:
        if not cluster_directory(name).exists():
            path.unlink(missing_ok=True)
        os.close(fd)


def _lock(path: Path) -> int:
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            owner = os.pread(fd, 32, 0).decode() or "?"
            os.close(fd)
            raise Conflict(f"cluster {path.stem} is being changed by process {owner}") from err
        # The one before us may have removed the file while we waited for nothing: look again.
        if path.exists() and path.stat().st_ino == os.fstat(fd).st_ino:
            os.ftruncate(fd, 0)
            os.pwrite(fd, str(os.getpid()).encode(), 0)
            return fd
        os.close(fd)
