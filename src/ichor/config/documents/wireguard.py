"""A WireGuard link and its peers. A peer is told by address, for names change while keys do not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Fault, Part
from ichor.config.documents.link import LinkDocument
from ichor.config.field import CIDR, ENDPOINT, U16, U32, WIREGUARD_KEY, WIREGUARD_SECRET
from ichor.config.secret import Secret


class WireguardPeer(Part, frozen=True, kw_only=True):
    public_key: Annotated[str, WIREGUARD_KEY]
    preshared_key: Annotated[Secret, WIREGUARD_SECRET] | None = None
    endpoint: Annotated[str, ENDPOINT] | None = None
    persistent_keepalive_interval: timedelta = timedelta()
    allowed_ips: tuple[Annotated[str, CIDR], ...] = field(name="allowedIPs", default=())

    def faults(self) -> Iterator[Fault]:
        seconds = self.persistent_keepalive_interval.total_seconds()
        if not 0 <= seconds <= 65535 or seconds % 1:
            name = "persistentKeepaliveInterval"
            yield Fault(name, "expected whole seconds, at most 65535")


class WireguardConfig(LinkDocument, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "WireguardConfig"

    private_key: Annotated[Secret, WIREGUARD_SECRET]
    listen_port: Annotated[int, U16] = 0
    firewall_mark: Annotated[int, U32] = 0
    peers: tuple[WireguardPeer, ...] = ()

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        keys = [peer.public_key for peer in self.peers]
        if len(set(keys)) < len(keys):
            yield Fault("peers", "expected each publicKey once")
