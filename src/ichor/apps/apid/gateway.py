"""The gateway: who calls, with which roles, and the way on."""

import re
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from ichor.apps.apid.routing import Everywhere, Here, There, target, to_machined, to_node
from ichor.errors import FormatError
from ichor.pki import certificate as x509
from ichor.pki.roles import METADATA_KEY, Role, of_caller
from ichor.proto.common import common_pb2
from ichor.rpc.budget import Budget
from ichor.rpc.client import Channel
from ichor.rpc.context import Context
from ichor.rpc.dial import DialOptions
from ichor.rpc.labels import label_elements, submessage
from ichor.rpc.peer import TcpTarget, TlsPeer
from ichor.rpc.proxy import Backend, Many, One, Route
from ichor.rpc.status import Code, RpcError
from ichor.rpc.tls import Chain, ClientTls

PORT: Final = 50000
NODES: Final = 512
# idle_s also ends what a channel that made room for another still dialled, for a call on its way.
_TO_NODES: Final = DialOptions(drain_s=3600.0, idle_s=600.0)
_HOST: Final = re.compile(r"[0-9A-Za-z_.\-]{1,253}")  # RFC 1123 section 2.1, and IPv4
_METADATA_FIELD: Final = 1
_MESSAGES_FIELD: Final = 1


def verify(chain: Chain) -> None:
    """Refuse a client whose certificate is for anything besides client authentication."""
    try:
        leaf = x509.parse(chain[0])
    except (IndexError, FormatError):
        raise RpcError(Code.UNAUTHENTICATED, "no readable client certificate") from None
    if not leaf.is_client_only:
        raise RpcError(Code.UNAUTHENTICATED, "the certificate is not for client authentication")


class Gateway:
    """machined: the channel to it. own: addresses of this node. port: of other nodes' apid.
    budget: of the server whose callers it serves.

    Connections to nodes are kept while they are used, to NODES of them at most: a caller names
    nodes, and what it names must not fill our memory.
    """

    def __init__(
        self,
        machined: Channel,
        own: Callable[[], frozenset[str]],
        *,
        port: int = PORT,
        budget: Budget | None = None,
        options: DialOptions = _TO_NODES,
    ) -> None:
        self._machined = machined
        self._own = own
        self._port = port
        self._budget = budget
        self._options = options
        self._channels: dict[str, Channel] = {}
        self._client: ClientTls | None = None
        self.is_open = False

    async def direct(self, context: Context) -> Route:
        """Decide for one call: the director of rpc.proxy."""
        roles = self._roles(context)
        way = target(context.path, context.metadata, self._own(), can_route=not self.is_open)
        match way:
            case Here():
                metadata = to_machined(context.metadata, roles)
                return One(Backend("", self._machined, metadata))
            case There(node):
                return One(self._remote(node, context, roles))
            case Everywhere(nodes, streaming):
                if len(nodes) > NODES:
                    raise RpcError(Code.INVALID_ARGUMENT, f"more than {NODES} nodes")
                return Many(
                    [self._remote(node, context, roles) for node in nodes],
                    streaming,
                    _label_message if streaming else _label,
                    _failed_message if streaming else _failed,
                )

    def show(self, context: ssl.SSLContext | None) -> None:
        """Call other nodes with this certificate from now on, with none if None (on workers).

        Calls that run go on over their connections, which end with the last of them.
        """
        for channel in self._channels.values():
            channel.refresh()
        if context is None:
            self._client = None
            self._channels.clear()
        elif self._client is None:
            self._client = ClientTls(context)
        else:
            self._client.context = context

    def _roles(self, context: Context) -> frozenset[str]:
        if self.is_open:  # maintenance: nobody is authenticated, everybody may look
            return frozenset({Role.READER})
        if not isinstance(context.peer, TlsPeer) or not context.peer.chain:
            raise RpcError(Code.UNAUTHENTICATED, "no client certificate")
        leaf = x509.parse(context.peer.chain[0])
        return of_caller(leaf, context.metadata.all(METADATA_KEY))

    def _remote(self, node: str, context: Context, roles: frozenset[str]) -> Backend:
        if self._client is None:
            raise RpcError(Code.UNAVAILABLE, "this node has no certificate to call others with")
        return Backend(
            node,
            self._channel(node, self._client),
            to_node(context.metadata, roles, context.authority),
        )

    def _channel(self, node: str, tls: ClientTls) -> Channel:
        """Give the channel to a node, the one not used for longest making room for a new one."""
        channel = self._channels.pop(node, None)
        if channel is None:
            check_host(node)
            target = TcpTarget(node, self._port, tls)
            channel = Channel(target, options=self._options, budget=self._budget)
        self._channels[node] = channel
        if len(self._channels) > NODES:
            self._channels.pop(next(iter(self._channels))).refresh()  # its calls go on
        return channel


def check_host(node: str) -> None:
    """Refuse what is no address or host name: it is dialled, and ends up in messages."""
    try:
        is_host = bool(_HOST.fullmatch(node) or ip_address(node))
    except ValueError:
        is_host = False
    if not is_host:
        raise RpcError(Code.INVALID_ARGUMENT, f"{node[:80]!r} is no node")


def _metadata(backend: Backend, error: RpcError | None = None) -> bytes:
    """Serialise common.Metadata as the field of an element."""
    metadata = common_pb2.Metadata(hostname=backend.name)
    if error is not None:
        metadata.error = f"rpc error: code = {error.code.name} desc = {error.message}"
        metadata.status.code = error.code.value
        metadata.status.message = error.message
    return submessage(_METADATA_FIELD, metadata.SerializeToString())


def _label(backend: Backend, reply: bytes) -> bytes:
    return label_elements(reply, _metadata(backend), field=_MESSAGES_FIELD)


def _failed(backend: Backend, error: RpcError) -> bytes:
    return submessage(_MESSAGES_FIELD, _metadata(backend, error))


def _label_message(backend: Backend, message: bytes) -> bytes:
    return message + _metadata(backend)


def _failed_message(backend: Backend, error: RpcError) -> bytes:
    return _metadata(backend, error)
