"""Kinds of software links: values of the port <-> what rtnetlink and WireGuard's family take."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec.structs import asdict

from ichor.ports.network import (
    Bond,
    Bridge,
    Dummy,
    Kind,
    Veth,
    Vlan,
    Vrf,
    Vxlan,
    Wireguard,
)
from ichor.protocols.netlink import bond, link, link_kind

Names = Mapping[int, str]


class Written(NamedTuple):
    """lower: the index of the link it stands on, 0 for none."""

    name: str
    settings: link_kind.Settings | None = None
    lower: int = 0


def write(kind: Kind, group: int, index: Callable[[str], int]) -> Written:
    """Give what a request for such a link says. Raises OSError where a link it names is not."""
    name = type(kind).__name__.lower()
    match kind:
        case Bond(primary=primary):
            return Written(name, bond.Bond(kind, index(primary) if primary else 0))
        case Bridge(stp=stp, vlan_filtering=filtering):
            return Written(name, link_kind.Bridge(stp, filtering))
        case Vxlan() as vxlan:
            carrier = index(vxlan.link)
            tunnel = link_kind.Vxlan(vxlan.id, vxlan.port, vxlan.local, carrier, vxlan.learning)
            return Written(name, tunnel)
        case Vlan(id=id, link=lower, protocol=protocol):
            return Written(name, link_kind.Vlan(id, protocol), index(lower))
        case Vrf(table=table):
            return Written(name, link_kind.Vrf(table))
        case Veth(peer=peer):
            return Written(name, link_kind.Veth(peer, group=group))
        case Dummy() | Wireguard():
            return Written(name)


def read(seen: link.Link, names: Names) -> Kind | None:
    """Give the kind of a link, None for what is none of ours to make. Raises OSError."""
    match seen.settings:
        case bond.Bond(options=options, primary=primary):
            return Bond(**asdict(options), primary=names.get(primary, ""))
        case link_kind.Bridge(stp=stp, vlan_filtering=filtering):
            return Bridge(stp=stp, vlan_filtering=filtering)
        case link_kind.Vlan(id=id, protocol=protocol):
            return Vlan(id=id, link=names.get(seen.link, ""), protocol=protocol)
        case link_kind.Vrf(table=table):
            return Vrf(table=table)
        case link_kind.Vxlan() as vxlan:
            return Vxlan(
                id=vxlan.id,
                port=vxlan.port,
                local=vxlan.local,
                link=names.get(vxlan.link, ""),
                learning=vxlan.learning,
            )
        case _:
            return _plain(seen, names)


def _plain(seen: link.Link, names: Names) -> Kind | None:
    match seen.kind:
        case "dummy":
            return Dummy()
        case "veth":
            # The index counts in the peer's namespace; one elsewhere may bear a number of ours.
            return Veth(peer=names.get(seen.link, "") if not seen.peer_elsewhere else "")
        case "wireguard":
            from ichor.linux import wireguard  # only for who has some

            return wireguard.read(seen.name)
        case _:
            return None
