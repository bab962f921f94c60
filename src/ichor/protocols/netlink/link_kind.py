"""IFLA_INFO_KIND with its IFLA_INFO_DATA: what a software link is told, if_link.h.

Kinds with settings: bridge, bond, vlan, vrf, vxlan, veth (its peer is an ifinfomsg with attributes
inside); dummy and wireguard are told nothing here.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ichor.protocols.netlink import bond
from ichor.protocols.netlink.bond import Bond
from ichor.protocols.netlink.message import (
    attribute,
    attributes,
    number,
    string,
    u8,
    u16,
    u16_network,
    u32,
)
from ichor.protocols.netlink.wire import AF_INET, family_of, pack_ip, unpack_ip

VLAN_8021Q: Final = 0x8100
_IFINFOMSG: Final = 16
_NAME, _GROUP, _NET_NS_FD = 3, 27, 28
_VETH_PEER = 1
_BR_STP, _BR_VLAN_FILTERING = 5, 7
_VX_ID, _VX_LINK, _VX_LOCAL, _VX_LEARNING, _VX_PORT, _VX_LOCAL6 = 1, 3, 4, 7, 15, 17
_VLAN_ID, _VLAN_PROTOCOL = 1, 5
_VRF_TABLE = 1


class Bridge(NamedTuple):
    stp: bool = False
    vlan_filtering: bool = False


class Vxlan(NamedTuple):
    """link: index of the device that carries it, 0 for none."""

    id: int
    port: int = 4789
    local: str = ""
    link: int = 0
    learning: bool = True


class Vlan(NamedTuple):
    """protocol: the type of Ethernet frames, 0x8100 or 0x88a8."""

    id: int
    protocol: int = VLAN_8021Q


class Vrf(NamedTuple):
    table: int


class Veth(NamedTuple):
    """The other end, only in a request; netns_fd: a namespace to make it in, -1 for ours."""

    peer: str
    netns_fd: int = -1
    group: int = 0


Settings = Bond | Bridge | Vxlan | Vlan | Veth | Vrf


def pack(settings: Settings) -> list[bytes]:
    match settings:
        case Bond():
            return bond.pack(settings)
        case Bridge(stp=stp, vlan_filtering=filtering):
            told = [attribute(_BR_STP, u32(stp))]
            return [*told, attribute(_BR_VLAN_FILTERING, u8(1))] if filtering else told
        case Vlan(id=id, protocol=protocol):
            told = [attribute(_VLAN_ID, u16(id))]
            if protocol == VLAN_8021Q:
                return told
            return [*told, attribute(_VLAN_PROTOCOL, u16_network(protocol))]
        case Vrf(table=table):
            return [attribute(_VRF_TABLE, u32(table))]
        case Veth():
            return [attribute(_VETH_PEER, _peer(settings))]
        case Vxlan():
            return _pack_vxlan(settings)


def _peer(veth: Veth) -> bytes:
    out = bytes(_IFINFOMSG) + attribute(_NAME, string(veth.peer))
    if veth.group:
        out += attribute(_GROUP, u32(veth.group))
    return out + attribute(_NET_NS_FD, u32(veth.netns_fd)) if veth.netns_fd >= 0 else out


def _pack_vxlan(settings: Vxlan) -> list[bytes]:
    out = [
        attribute(_VX_ID, u32(settings.id)),
        attribute(_VX_PORT, u16_network(settings.port)),
        attribute(_VX_LEARNING, u8(settings.learning)),
    ]
    if settings.link:
        out.append(attribute(_VX_LINK, u32(settings.link)))
    if settings.local:
        kind = _VX_LOCAL if family_of(settings.local) == AF_INET else _VX_LOCAL6
        out.append(attribute(kind, pack_ip(settings.local)))
    return out


def unpack(kind: str, raw: bytes) -> Settings | None:
    """Read the settings of a kind that is known to have some. Raises FormatError."""
    read = _READ.get(kind)
    return read(attributes(raw)) if read is not None else None


def _bridge(data: Mapping[int, bytes]) -> Bridge:
    stp, filtering = data.get(_BR_STP, b""), data.get(_BR_VLAN_FILTERING, b"")
    return Bridge(bool(number(stp)), bool(number(filtering)))


def _vlan(data: Mapping[int, bytes]) -> Vlan:
    protocol = number(data.get(_VLAN_PROTOCOL, b""), order="big")
    return Vlan(number(data.get(_VLAN_ID, b"")), protocol or VLAN_8021Q)


def _vrf(data: Mapping[int, bytes]) -> Vrf:
    return Vrf(number(data.get(_VRF_TABLE, b"")))


def _vxlan(data: Mapping[int, bytes]) -> Vxlan:
    return Vxlan(
        id=number(data.get(_VX_ID, b"")),
        port=number(data.get(_VX_PORT, b""), order="big"),
        local=unpack_ip(data.get(_VX_LOCAL) or data.get(_VX_LOCAL6) or b""),
        link=number(data.get(_VX_LINK, b"")),
        learning=bool(number(data.get(_VX_LEARNING, b""))),
    )


_READ: Final[Mapping[str, Callable[[Mapping[int, bytes]], Settings]]] = {
    "bond": bond.unpack,
    "bridge": _bridge,
    "vlan": _vlan,
    "vrf": _vrf,
    "vxlan": _vxlan,
}
