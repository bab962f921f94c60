"""What a platform says of a machine, in words of our own: its configuration, who it is, how its
network is set up.

Links are described, not yet found: `match` tells which of the machine's links is meant.
"""

from collections.abc import Mapping

from msgspec import Struct


class Route(Struct, frozen=True, kw_only=True):
    """destination: empty for the default of the gateway's family.

    onlink: the gateway is on the link, whatever prefix its addresses have.
    """

    destination: str = ""
    gateway: str = ""
    metric: int = 0
    onlink: bool = False


class Match(Struct, frozen=True, kw_only=True):
    """mac: with colons, in small letters. name: may have wildcards. All empty: by the id."""

    mac: str = ""
    name: str = ""


class Vlan(Struct, frozen=True, kw_only=True):
    """parent: id of a link."""

    id: int
    parent: str


class Bond(Struct, frozen=True, kw_only=True):
    """ports: ids of links. mode: as the kernel names it. miimon: milliseconds."""

    ports: tuple[str, ...]
    mode: str = "balance-rr"
    miimon: int = 0


class Link(Struct, frozen=True, kw_only=True):
    """id: unique; the name of a link that is made (vlan, bond). addresses: with their prefix."""

    id: str
    match: Match = Match()
    vlan: Vlan | None = None
    bond: Bond | None = None
    mtu: int = 0
    dhcp4: bool = False
    dhcp6: bool = False
    addresses: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()


class Network(Struct, frozen=True, kw_only=True):
    links: tuple[Link, ...] = ()
    name_servers: tuple[str, ...] = ()
    search_domains: tuple[str, ...] = ()


class Instance(Struct, frozen=True, kw_only=True):
    """hostname: may have a domain. external: addresses it is reached by from elsewhere."""

    hostname: str = ""
    region: str = ""
    zone: str = ""
    type: str = ""
    id: str = ""
    provider_id: str = ""
    spot: bool = False
    internal_dns: str = ""
    external_dns: str = ""
    external: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}


class Answer(Struct, frozen=True, kw_only=True):
    """config: the machine configuration, empty if there is none."""

    config: bytes = b""
    instance: Instance = Instance()
    network: Network = Network()

    def __repr__(self) -> str:
        return f"Answer(config={len(self.config)} bytes, instance={self.instance!r})"
