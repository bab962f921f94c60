"""RTM_*LINK: struct ifinfomsg and IFLA_* attributes, include/uapi/linux/if_link.h.

    u8 family, u8 pad, u16 hardware type, i32 index, u32 flags, u32 change mask, attributes

Kinds with settings: bridge, vxlan, vlan, veth (its peer is an ifinfomsg with attributes inside).
"""

import struct
from typing import NamedTuple

from ichor.errors import FormatError
from ichor.protocols.netlink.message import (
    attribute,
    attributes,
    nested,
    number,
    string,
    text,
    u8,
    u16,
    u16_network,
    u32,
)
from ichor.protocols.netlink.wire import (
    AF_INET,
    family_of,
    pack_ip,
    pack_mac,
    unpack_ip,
    unpack_mac,
)

NEW, DELETE, GET = 16, 17, 18
GROUP = 1  # RTNLGRP_LINK
UP, LOOPBACK, RUNNING, LOWER_UP = 0x1, 0x8, 0x40, 0x10000
ETHERNET = 1  # ARPHRD_ETHER

_HEAD = struct.Struct("<BBHiII")
_ADDRESS, _BROADCAST, _NAME, _MTU, _LINK = 1, 2, 3, 4, 5
_MASTER, _OPERSTATE, _LINKINFO, _ALIAS = 10, 16, 18, 20
_NET_NS_PID, _NET_NS_FD, _TXQLEN, _LINK_NETNS_ID, _PERMANENT = 19, 28, 13, 37, 54
_INFO_KIND, _INFO_DATA = 1, 2
_VETH_PEER = 1
_BR_STP = 5
_VX_ID, _VX_LINK, _VX_LOCAL, _VX_LEARNING, _VX_PORT, _VX_LOCAL6 = 1, 3, 4, 7, 15, 17
_VLAN_ID = 1

OPERATIONAL = ("unknown", "notPresent", "down", "lowerLayerDown", "testing", "dormant", "up")


class Bridge(NamedTuple):
    stp: bool = False


class Vxlan(NamedTuple):
    """link: index of the device that carries it, 0 for none."""

    id: int
    port: int = 4789
    local: str = ""
    link: int = 0
    learning: bool = True


class Vlan(NamedTuple):
    id: int


class Veth(NamedTuple):
    """The other end, only in a request; netns_fd: a namespace to make it in, -1 for ours."""

    peer: str
    netns_fd: int = -1


Settings = Bridge | Vxlan | Vlan | Veth


class Link(NamedTuple):
    """operational: an index of OPERATIONAL. link: index of the lower device or the peer."""

    name: str = ""
    ifindex: int = 0
    hardware: int = 0
    flags: int = 0
    change: int = 0
    mac: str = ""
    broadcast: str = ""
    permanent_mac: str = ""
    mtu: int | None = None
    master: int | None = None
    link: int = 0
    queue: int | None = None
    operational: int = 0
    alias: str = ""
    kind: str = ""
    settings: Settings | None = None
    netns_fd: int = -1
    netns_pid: int = 0
    peer_elsewhere: bool = False


def build(link: Link) -> bytes:
    """Give the payload of a request; what has its default is left out."""
    head = _HEAD.pack(0, 0, link.hardware, link.ifindex, link.flags, link.change)
    return head + b"".join(_attributes(link))


def _attributes(link: Link) -> list[bytes]:
    optional: list[tuple[bool, int, bytes]] = [
        (link.name != "", _NAME, string(link.name)),
        (link.mac != "", _ADDRESS, pack_mac(link.mac)),
        (link.mtu is not None, _MTU, u32(link.mtu or 0)),
        (link.master is not None, _MASTER, u32(link.master or 0)),
        (link.link != 0, _LINK, u32(link.link)),
        (link.queue is not None, _TXQLEN, u32(link.queue or 0)),
        (link.alias != "", _ALIAS, string(link.alias)),
        (link.netns_fd >= 0, _NET_NS_FD, u32(max(link.netns_fd, 0))),
        (link.netns_pid > 0, _NET_NS_PID, u32(link.netns_pid)),
    ]
    out = [attribute(type_, value) for wanted, type_, value in optional if wanted]
    if link.kind:
        inner = [attribute(_INFO_KIND, string(link.kind))]
        if link.settings is not None:
            inner.append(nested(_INFO_DATA, *_pack_settings(link.settings)))
        out.append(nested(_LINKINFO, *inner))
    return out


def _pack_settings(settings: Settings) -> list[bytes]:
    match settings:
        case Bridge(stp=stp):
            return [attribute(_BR_STP, u32(stp))]
        case Vlan(id=id):
            return [attribute(_VLAN_ID, u16(id))]
        case Veth(peer=peer, netns_fd=fd):
            return [attribute(_VETH_PEER, build(Link(name=peer, netns_fd=fd)))]
        case Vxlan():
            return _pack_vxlan(settings)


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


def parse(payload: bytes) -> Link:
    """Read the payload of RTM_NEWLINK or RTM_DELLINK. Raises FormatError."""
    if len(payload) < _HEAD.size:
        raise FormatError("struct ifinfomsg of 16 bytes")
    _, _, hardware, index, flags, change = _HEAD.unpack_from(payload)
    found = attributes(payload[_HEAD.size :])
    info = attributes(found.get(_LINKINFO, b""))
    kind = text(info.get(_INFO_KIND, b""))
    return Link(
        name=text(found.get(_NAME, b"")),
        ifindex=index,
        hardware=hardware,
        flags=flags,
        change=change,
        mac=unpack_mac(found.get(_ADDRESS, b"")),
        broadcast=unpack_mac(found.get(_BROADCAST, b"")),
        permanent_mac=unpack_mac(found.get(_PERMANENT, b"")),
        mtu=number(found[_MTU]) if _MTU in found else None,
        master=number(found[_MASTER]) if _MASTER in found else None,
        link=number(found.get(_LINK, b"")),
        queue=number(found[_TXQLEN]) if _TXQLEN in found else None,
        operational=number(found.get(_OPERSTATE, b"")),
        alias=text(found.get(_ALIAS, b"")),
        kind=kind,
        settings=_unpack_settings(kind, info.get(_INFO_DATA, b"")),
        peer_elsewhere=_LINK_NETNS_ID in found,
    )


def _unpack_settings(kind: str, raw: bytes) -> Settings | None:
    if kind not in ("bridge", "vxlan", "vlan"):
        return None
    data = attributes(raw)
    if kind == "vlan":
        return Vlan(number(data.get(_VLAN_ID, b"")))
    if kind == "bridge":
        return Bridge(bool(number(data.get(_BR_STP, b""))))
    return Vxlan(
        id=number(data.get(_VX_ID, b"")),
        port=number(data.get(_VX_PORT, b""), order="big"),
        local=unpack_ip(data.get(_VX_LOCAL) or data.get(_VX_LOCAL6) or b""),
        link=number(data.get(_VX_LINK, b"")),
        learning=bool(number(data.get(_VX_LEARNING, b""))),
    )
