"""Connections to machines: who is called, through whom, with which certificate.

    secure     endpoints in turn, the talosconfig's certificate; metadata `node` says whom it is for
    insecure   each node itself, nobody's certificate checked unless its fingerprint is pinned

Several nodes are several calls; they share the channel.
"""

import base64
import binascii
import hashlib
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, Self

from google.protobuf.message import Message

from ichor.client.talosconfig import Context
from ichor.errors import InputError
from ichor.pki import certificate as x509
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.client import Channel
from ichor.rpc.method import Generated, Method, Q, R, method
from ichor.rpc.outcall import ClientStream
from ichor.rpc.peer import TcpTarget
from ichor.rpc.status import Code, Pair, RpcError
from ichor.rpc.tls import Chain, ClientTls, Identity, Verify, client_context

PORT: Final = 50000
NODE: Final = "node"
_SERVICE: Final = "MachineService"


class Node:
    """One machine as calls reach it. name: as the user wrote it."""

    def __init__(self, name: str, channel: Channel, metadata: Sequence[Pair] = ()) -> None:
        self.name = name
        self.channel = channel
        self.metadata = tuple(metadata)

    async def call(
        self,
        name: str,
        request: Message,
        response: type[R],
        *,
        timeout_s: float | None = None,
        module: Generated = pb,
        service: str = _SERVICE,
    ) -> R:
        """Call a unary method by its name."""
        found = method(module, service, name, type(request), response)
        return await self.channel.unary(found, request, metadata=self.metadata, timeout_s=timeout_s)

    def open(self, found: Method[Q, R]) -> ClientStream[Q, R]:
        return self.channel.stream(found, metadata=self.metadata)

    async def stream(
        self,
        name: str,
        request: Message,
        response: type[R],
        *,
        module: Generated = pb,
        service: str = _SERVICE,
    ) -> AsyncIterator[R]:
        """Call a method that answers by a stream."""
        found = method(module, service, name, type(request), response)
        async with self.open(found) as stream:
            await stream.send(request)
            await stream.done()
            async for message in stream:
                yield message


class Connection:
    """Nodes to call, and the channels to close in the end."""

    def __init__(self, nodes: Sequence[Node], channels: Sequence[Channel]) -> None:
        self.nodes = tuple(nodes)
        self._channels = channels

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for channel in self._channels:
            await channel.close()


def secure(
    context: Context, nodes: Iterable[str] = (), endpoints: Iterable[str] = ()
) -> Connection:
    """Connect by a talosconfig's context; nodes and endpoints override its own.

    Without any node the one endpoint itself is meant. Raises InputError.
    """
    through = tuple(endpoints) or context.endpoints
    named = tuple(nodes) or context.nodes
    if not through:
        if not named:
            raise InputError("no endpoint is known", hint="use -e, or: ichor config endpoint IP")
        through = named
    tls = ClientTls(credentials(context))
    channel = Channel([target(each, tls) for each in through], user_agent="ichor-client")
    if named:
        return Connection([Node(name, channel, [(NODE, name)]) for name in named], [channel])
    if len(through) != 1:
        raise InputError("there are several endpoints", hint="say by -n which node is meant")
    return Connection([Node(next(iter(through)), channel)], [channel])


def insecure(nodes: Iterable[str], fingerprints: Iterable[str] = ()) -> Connection:
    """Connect to nodes in maintenance mode. fingerprints: see `pinned`."""
    pins = frozenset(map(fingerprint, fingerprints))
    verify = pinned(pins) if pins else None
    tls = ClientTls(client_context(b"", insecure=True), verify=verify)
    made = [Node(name, Channel(target(name, tls), user_agent="ichor-client")) for name in nodes]
    if not made:
        raise InputError("--insecure needs a node", hint="say by -n which")
    return Connection(made, [node.channel for node in made])


def credentials(context: Context) -> ssl.SSLContext:
    """Make the TLS context of a talosconfig's context. Raises InputError."""
    if context.proxy_url:
        raise InputError("proxy-url is known, not supported yet")
    if context.ca is None or context.crt is None or context.key is None:
        raise InputError("the context has no ca, crt and key", hint="add them to the talosconfig")
    identity = Identity(str(context.crt).encode(), context.key.reveal().encode())
    return client_context(str(context.ca).encode(), identity)


def target(name: str, tls: ClientTls) -> TcpTarget:
    host, port = split(name)
    return TcpTarget(host, port, tls)


def split(name: str) -> tuple[str, int]:
    """Read `host`, `host:port`, `[v6]:port` or a bare v6 address. Raises InputError."""
    if name.startswith("["):
        host, _, rest = name[1:].partition("]")
        port = rest.removeprefix(":")
    elif name.count(":") > 1:
        host, port = name, ""
    else:
        host, _, port = name.partition(":")
    if not host or (port and not port.isdecimal()):
        raise InputError(
            f"{name!r} is no address", hint="write it like 10.5.0.2 or [fd00::2]:50000"
        )
    return host, int(port or PORT)


def fingerprint(text: str) -> bytes:
    """Read a SHA-256 in hexadecimal, with or without colons, or in base64. Raises InputError."""
    body = text.strip().replace(":", "")
    try:
        raw = bytes.fromhex(body) if len(body) == 64 else base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != hashlib.sha256().digest_size:
        raise InputError(f"{text!r} is no SHA-256 fingerprint", path="--cert-fingerprint")
    return raw


def pinned(pins: frozenset[bytes]) -> Verify:
    """Accept a server whose certificate, or whose public key, has one of these hashes."""

    def verify(chain: Chain) -> None:
        leaf = next(iter(chain), b"")
        if not leaf:
            raise RpcError(Code.UNAVAILABLE, "the server shows no certificate")
        whole = hashlib.sha256(leaf).digest()
        key = hashlib.sha256(x509.parse(leaf).public_key).digest()
        if pins.isdisjoint({whole, key}):
            raise RpcError(Code.UNAVAILABLE, f"the certificate is another one: {whole.hex()}")

    return verify
