"""A cluster of real nodes in containers, its configurations, and calls to its machine API."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import Message

from ichor.config import encode, generate
from ichor.config.bundle import Bundle, pair_of
from ichor.config.bundle import generate as draw
from ichor.config.container import Config
from ichor.image import build
from ichor.pki import issue
from ichor.pki.leaf import Algorithm, os_client
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import record
from ichor.provision.containers import Containers
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster, Node
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
            for phase in made.create(planned, {}, None):
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
    """Give what a user of that role shows; the forwarders listen on 127.0.0.1, which is a SAN."""
    ca = pair_of(secrets.certs.os)
    key = issue.make_key(Algorithm.ED25519, os.urandom)
    leaf = os_client((role,))
    now = datetime.now(UTC)
    certificate = issue.issue(ca, key.public_key(), leaf, now=now, entropy=os.urandom)
    identity = Identity(certificate.encode(), issue.pkcs8_pem(key).encode())
    return ClientTls(client_context(ca.certificate.encode(), identity))


def channel(node: Node, tls: ClientTls) -> Channel:
    return Channel(TcpTarget("127.0.0.1", node.forward("api"), tls), options=DIAL)


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
    message = pb.ApplyConfigurationRequest(data=encode.encode(config).encode())
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
        while not await holds():
            await asyncio.sleep(every)


def log(node: Node, name: str) -> str:
    """Read a service's log on the node's disk."""
    path = record.node_directory(node.cluster, node.name) / "var/log" / f"{name}.log"
    return path.read_text(errors="replace") if path.exists() else ""


def console(node: Node) -> str:
    path = record.node_directory(node.cluster, node.name) / "console.log"
    return path.read_text(errors="replace") if path.exists() else ""


def environment(state: Path) -> Mapping[str, str]:
    return {**os.environ, "ICHOR_STATE": str(state)}
