"""What controllers want from a discovery service: to tell the cluster of this node, and to hear.

A node's description is sealed with the cluster's secret before it leaves; the service sees ids.
Addresses are text, as everywhere above the wire.
"""

from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple, Protocol

from msgspec import Struct


class Prefix(NamedTuple):
    address: str
    bits: int


class Endpoint(NamedTuple):
    """Where a node's WireGuard answers."""

    address: str
    port: int


class KubeSpan(Struct, frozen=True, kw_only=True):
    public_key: str
    address: str
    additional_addresses: tuple[Prefix, ...] = ()
    exclude_advertised: tuple[Prefix, ...] = ()


class Affiliate(Struct, frozen=True, kw_only=True):
    """A node's description of itself; api_server_port only on control planes."""

    node_id: str
    addresses: tuple[str, ...] = ()
    hostname: str = ""
    nodename: str = ""
    machine_type: str = ""
    operating_system: str = ""
    kubespan: KubeSpan | None = None
    api_server_port: int | None = None


class Found(Struct, frozen=True, kw_only=True):
    """Another node, as the service has it."""

    affiliate: Affiliate
    endpoints: tuple[Endpoint, ...] = ()


class Discovery(Protocol):
    """One service, one cluster, one node. Calls raise TransientError, InputError."""

    async def hello(self) -> str:
        """Present the cluster; gives the address the service saw us come from."""
        ...

    async def publish(self, affiliate: Affiliate, endpoints: tuple[Endpoint, ...]) -> None:
        """Tell about this node; to be repeated before the time to live has run out."""
        ...

    async def publish_endpoints(self, node_id: str, endpoints: tuple[Endpoint, ...]) -> None:
        """Tell where another node was seen."""
        ...

    async def withdraw(self) -> None: ...

    def watch(self) -> AsyncIterator[Mapping[str, Found]]:
        """Yield all other nodes at once and after every change; ends only by an exception."""
        ...
