"""RTM_*NEIGH: struct ndmsg and NDA_* attributes, include/uapi/linux/neighbour.h.

    u8 family, u8 pad, u16 pad, i32 index, u16 state, u8 flags, u8 type, attributes

Family AF_BRIDGE is the forwarding database: of a vxlan device, MAC -> address of the far node.
"""

import struct
from typing import NamedTuple

from ichor.errors import FormatError
from ichor.protocols.netlink.message import attribute, attributes
from ichor.protocols.netlink.wire import AF_BRIDGE, pack_ip, pack_mac, unpack_ip, unpack_mac

NEW, DELETE, GET = 28, 29, 30
GROUP = 3  # RTNLGRP_NEIGH
PERMANENT, NOARP, REACHABLE, STALE = 0x80, 0x40, 0x02, 0x04
SELF = 0x02

_HEAD = struct.Struct("<BBHiHBB")
_DST, _LLADDR = 1, 2


class Neighbour(NamedTuple):
    family: int
    ifindex: int
    mac: str = ""
    address: str = ""
    state: int = PERMANENT
    flags: int = 0

    @property
    def is_forwarding(self) -> bool:
        return self.family == AF_BRIDGE


def build(neighbour: Neighbour) -> bytes:
    head = _HEAD.pack(
        neighbour.family, 0, 0, neighbour.ifindex, neighbour.state, neighbour.flags, 0
    )
    out = b""
    if neighbour.address:
        out += attribute(_DST, pack_ip(neighbour.address))
    if neighbour.mac:
        out += attribute(_LLADDR, pack_mac(neighbour.mac))
    return head + out


def parse(payload: bytes) -> Neighbour:
    """Read the payload of RTM_NEWNEIGH or RTM_DELNEIGH. Raises FormatError."""
    if len(payload) < _HEAD.size:
        raise FormatError("struct ndmsg of 12 bytes")
    family, _, _, index, state, flags, _ = _HEAD.unpack_from(payload)
    found = attributes(payload[_HEAD.size :])
    return Neighbour(
        family=family,
        ifindex=index,
        mac=unpack_mac(found.get(_LLADDR, b"")),
        address=unpack_ip(found.get(_DST, b"")),
        state=state,
        flags=flags,
    )
