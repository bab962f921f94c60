"""A cluster of real nodes in containers, its configurations, and calls to its machine API."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from ichor.config import encode, generate
from ichor.config.bundle import Bundle, pair_of
from ichor.config.bundle import generate as draw
from ichor.config.container import Config
from ichor.image import build
from ichor.pki import issue
from ichor.pki.leaf import Algorithm, os_client
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import control, discovery, record
from ichor.provision import name as names
from ichor.provision.containers import Containers
from ichor.provision.control import Verb
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster, Node
from ichor.provision.syscalls import network_namespace
from ichor.rpc.client import Channel
from ichor.rpc.dial import DialOptions
from ichor.rpc.method import Method, method
from ichor.rpc.peer import TcpTarget
from ichor.rpc.status import Code, Pair, RpcError
from ichor.rpc.tls import ClientTls, Identity, client_context

SUBNET = "10.9.0.0/24"
T = TypeVar("T")
Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)
APPLY = method(
    pb,
    "MachineService",
    "ApplyConfiguration",
    pb.ApplyConfigurationRequest,
    pb.ApplyConfigurationResponse,
)
VERSION = method(pb, "MachineService", "Version", Empty, pb.VersionResponse)
DIAL = DialOptions(connect_timeout_s=5, backoff_s=0.05, backoff_max_s=0.2)


def built_root() -> Path:
    """Give the squashfs of this checkout, built if it is not in the cache."""
    return build.node().root_squashfs


@contextmanager
def nodes(name: str, root: Path, workers: int = 1) -> Generator[Cluster]:
    """Start nodes in maintenance mode; none is left."""
    made = Containers()
    planned = plan(Request(name=name, root=root, workers=workers, subnet=SUBNET))
    made.check(planned)
    try:
        with record.locked(name):
            for phase in made.create(planned, {}):
                phase.action()
        yield planned
    finally:
        with record.locked(name):
            made.destroy(name)


def bundle() -> Bundle:
    return draw(now=datetime.now(UTC), entropy=os.urandom, service_account=Algorithm.P256)


def request(cluster: Cluster, discovery: str = "", sans: tuple[str, ...] = ()) -> generate.Request:
    return generate.Request(
        cluster_name=cluster.name,
        endpoint=f"https://{cluster.nodes[0].address}:6443",
        discovery=discovery,
        additional_sans=sans,
    )


def config_of(node: Node, asked: generate.Request, secrets: Bundle) -> Config:
    make = generate.control_plane if node.role == "controlplane" else generate.worker
    return make(asked, secrets)


def client_tls(secrets: Bundle, role: str = "os:admin") -> ClientTls:
    """Give what a user of that role shows."""
    ca = pair_of(secrets.certs.os)
    key = issue.make_key(Algorithm.ED25519, os.urandom)
    leaf = os_client((role,))
    now = datetime.now(UTC)
    certificate = issue.issue(ca, key.public_key(), leaf, now=now, entropy=os.urandom)
    identity = Identity(certificate.encode(), issue.pkcs8_pem(key).encode())
    return ClientTls(client_context(ca.certificate.encode(), identity))


def channel(node: Node, tls: ClientTls, port: int = 50000) -> Channel:
    """Dial a node from the hub, where `inside` runs."""
    return Channel(TcpTarget(node.address, port, tls), options=DIAL)


@dataclass
class Joined:
    """A cluster with its secrets; seconds: from apply until the API answered, by node."""

    cluster: Cluster
    secrets: Bundle
    tls: ClientTls
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def plane(self) -> Node:
        return self.cluster.nodes[0]

    @property
    def worker(self) -> Node:
        return self.cluster.nodes[1]

    def run(self, what: Coroutine[None, None, T]) -> T:
        """Run in the hub's network namespace: nodes are reached at their own addresses."""

        async def bounded() -> T:
            async with asyncio.timeout(60):
                return await what

        with network_namespace(names.hub(self.cluster.name)):
            return asyncio.run(bounded())

    async def configure(self, node: Node, config: Config) -> None:
        begin = time.monotonic()
        await apply(node, config)
        self.seconds[f"{node.name} applied"] = time.monotonic() - begin
        await soon(lambda: version(node, self.tls))
        self.seconds[node.name] = time.monotonic() - begin


@contextmanager
def joined(name: str, root: Path) -> Generator[Joined]:
    secrets = bundle()
    with nodes(name, root, workers=3) as cluster, serving(cluster):
        made = Joined(cluster, secrets, client_tls(secrets))
        asked = request(cluster, discovery.endpoint(cluster))
        for node in (made.plane, made.worker):
            made.run(made.configure(node, config_of(node, asked, secrets)))
        yield made


@contextmanager
def serving(cluster: Cluster) -> Generator[None]:
    """Run a discovery service beside the cluster."""
    log = record.cluster_directory(cluster.name) / "discovery.log"
    with log.open("wb") as out:
        process = discovery.start(cluster, out)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


async def version(
    node: Node, tls: ClientTls, metadata: Iterable[Pair] = ()
) -> Sequence[pb.Version]:
    return (await call(node, tls, VERSION, Empty(), metadata)).messages


def processes(node: Node, uid: int) -> list[int]:
    """Find the host's pids of a node's processes of that user."""
    init = control.call(record.node_directory(node.cluster, node.name), Verb.STATUS).pid
    space = Path(f"/proc/{init}/ns/pid").readlink()
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "ns/pid").readlink() == space and entry.stat().st_uid == uid:
                found.append(int(entry.name))
    return sorted(found)


async def call(
    node: Node,
    tls: ClientTls,
    what: Method[Q, R],
    message: Q,
    metadata: Iterable[Pair] = (),
) -> R:
    link = channel(node, tls)
    try:
        return await link.unary(what, message, metadata=metadata, timeout_s=10)
    finally:
        await link.close()


async def apply(node: Node, config: Config, tls: ClientTls | None = None) -> None:
    """Apply as to a node in maintenance mode, or as a user of its API."""
    message = pb.ApplyConfigurationRequest(
        data=encode.encode(config).encode(), mode=pb.ApplyConfigurationRequest.AUTO
    )
    using = tls or ClientTls(client_context(b"", insecure=True))

    async def send() -> None:
        await call(node, using, APPLY, message)

    await soon(send, (Code.UNAVAILABLE,), 60)


async def soon(
    attempt: Callable[[], Awaitable[T]],
    but: Iterable[Code] = (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED),
    seconds: float = 30,
) -> T:
    """Try until it succeeds; codes of `but` are tried again."""
    retried, end = frozenset(but), time.monotonic() + seconds
    while True:
        try:
            return await attempt()
        except RpcError as err:
            if err.code not in retried or time.monotonic() > end:
                raise
        await asyncio.sleep(0.05)


async def until(
    holds: Callable[[], Awaitable[bool]], seconds: float = 30, every: float = 0.1
) -> None:
    """Look until it holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - the world rings no bell here
            await asyncio.sleep(every)


def log(node: Node, name: str) -> str:
    """Read a service's log on the node's disk."""
    path = record.node_directory(node.cluster, node.name) / "var/log" / f"{name}.log"
    return path.read_text(errors="replace") if path.exists() else ""


def console(node: Node) -> str:
    path = record.node_directory(node.cluster, node.name) / "console.log"
    return path.read_text(errors="replace") if path.exists() else ""
