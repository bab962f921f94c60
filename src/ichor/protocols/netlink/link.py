"""RTM_*LINK: struct ifinfomsg and IFLA_* attributes, include/uapi/linux/if_link.h.

    u8 family, u8 pad, u16 hardware type, i32 index, u32 flags, u32 change mask, attributes

What the kinds of software links are told besides stands in link_kind.py.
"""

import struct
from typing import NamedTuple

from ichor.errors import FormatError
from ichor.protocols.netlink import link_kind
from ichor.protocols.netlink.link_kind import Settings
from ichor.protocols.netlink.message import (
    attribute,
    attributes,
    nested,
    number,
    string,
    text,
    u32,
)
from ichor.protocols.netlink.wire import pack_mac, unpack_mac

NEW, DELETE, GET = 16, 17, 18
GROUP = 1  # RTNLGRP_LINK
UP, LOOPBACK, RUNNING, LOWER_UP, MULTICAST = 0x1, 0x8, 0x40, 0x10000, 0x1000
ETHERNET = 1  # ARPHRD_ETHER

_HEAD = struct.Struct("<BBHiII")
_ADDRESS, _BROADCAST, _NAME, _MTU, _LINK = 1, 2, 3, 4, 5
_MASTER, _OPERSTATE, _LINKINFO, _ALIAS = 10, 16, 18, 20
_GROUP, _NET_NS_PID, _NET_NS_FD, _TXQLEN, _LINK_NETNS_ID, _PERMANENT = 27, 19, 28, 13, 37, 54
_INFO_KIND, _INFO_DATA = 1, 2

OPERATIONAL = ("unknown", "notPresent", "down", "lowerLayerDown", "testing", "dormant", "up")


class Link(NamedTuple):
    """operational: an index of OPERATIONAL. link: index of the lower device or the peer.

    alias: empty to take it away, None to say nothing of it.
    """

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
    alias: str | None = None
    kind: str = ""
    settings: Settings | None = None
    netns_fd: int = -1
    netns_pid: int = 0
    peer_elsewhere: bool = False
    group: int = 0


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
        (link.group != 0, _GROUP, u32(link.group)),
        (link.alias is not None, _ALIAS, (link.alias or "").encode()),
        (link.netns_fd >= 0, _NET_NS_FD, u32(max(link.netns_fd, 0))),
        (link.netns_pid > 0, _NET_NS_PID, u32(link.netns_pid)),
    ]
    out = [attribute(type_, value) for wanted, type_, value in optional if wanted]
    if link.kind:
        inner = [attribute(_INFO_KIND, string(link.kind))]
        if link.settings is not None:
            inner.append(nested(_INFO_DATA, *link_kind.pack(link.settings)))
        out.append(nested(_LINKINFO, *inner))
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
        alias=text(found[_ALIAS]) if _ALIAS in found else None,
        kind=kind,
        settings=link_kind.unpack(kind, info.get(_INFO_DATA, b"")),
        peer_elsewhere=_LINK_NETNS_ID in found,
        group=number(found.get(_GROUP, b"")),
    )
