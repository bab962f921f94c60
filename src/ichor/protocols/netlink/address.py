"""RTM_*ADDR: struct ifaddrmsg and IFA_* attributes, include/uapi/linux/if_addr.h.

    u8 family, u8 prefix length, u8 flags, u8 scope, u32 index, attributes

For IPv4 the address itself is IFA_LOCAL, and IFA_ADDRESS is the peer's; both are the same but on
a point-to-point link. IPv6 has IFA_ADDRESS only.
"""

import struct
from typing import NamedTuple

from ichor.errors import FormatError
from ichor.protocols.netlink.message import attribute, attributes, number, string, text, u8, u32
from ichor.protocols.netlink.wire import AF_INET, family_of, pack_ip, unpack_ip

NEW, DELETE, GET = 20, 21, 22
GROUP_IPV4, GROUP_IPV6 = 5, 9  # RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR
PERMANENT, TENTATIVE, NO_PREFIX_ROUTE, NO_DAD, DEPRECATED = 0x80, 0x40, 0x200, 0x02, 0x20
SHARED = NO_DAD | DEPRECATED  # of IPv6: by one node after the other

_HEAD = struct.Struct("<BBBBI")
_ADDRESS, _LOCAL, _LABEL, _BROADCAST, _CACHE_INFO = 1, 2, 3, 4, 6
_FLAGS, _PRIORITY, _PROTOCOL = 8, 9, 11
# struct ifa_cacheinfo: u32 preferred, u32 valid, both in seconds; when it was made and changed
_DEPRECATED_FOREVER = struct.pack("=IIII", 0, 0xFFFFFFFF, 0, 0)


class Address(NamedTuple):
    ifindex: int
    local: str
    prefix: int
    peer: str = ""
    broadcast: str = ""
    label: str = ""
    scope: int = 0
    flags: int = 0
    priority: int = 0
    protocol: int = 0


def build(address: Address) -> bytes:
    family = family_of(address.local)
    head = _HEAD.pack(family, address.prefix, address.flags & 0xFF, address.scope, address.ifindex)
    out = [attribute(_ADDRESS, pack_ip(address.peer or address.local))]
    if family == AF_INET or address.peer:
        out.append(attribute(_LOCAL, pack_ip(address.local)))
    if address.broadcast:
        out.append(attribute(_BROADCAST, pack_ip(address.broadcast)))
    if address.label:
        out.append(attribute(_LABEL, string(address.label)))
    if family != AF_INET and address.flags & DEPRECATED:  # the kernel takes lifetimes, not the flag
        out.append(attribute(_CACHE_INFO, _DEPRECATED_FOREVER))
    if address.flags:
        out.append(attribute(_FLAGS, u32(address.flags)))
    if address.priority:
        out.append(attribute(_PRIORITY, u32(address.priority)))
    if address.protocol:
        out.append(attribute(_PROTOCOL, u8(address.protocol)))
    return head + b"".join(out)


def parse(payload: bytes) -> Address:
    """Read the payload of RTM_NEWADDR or RTM_DELADDR. Raises FormatError."""
    if len(payload) < _HEAD.size:
        raise FormatError("struct ifaddrmsg of 8 bytes")
    _, prefix, flags, scope, index = _HEAD.unpack_from(payload)
    found = attributes(payload[_HEAD.size :])
    far = unpack_ip(found.get(_ADDRESS, b""))
    local = unpack_ip(found.get(_LOCAL, b"")) or far
    return Address(
        ifindex=index,
        local=local,
        prefix=prefix,
        peer=far if far != local else "",
        broadcast=unpack_ip(found.get(_BROADCAST, b"")),
        label=text(found.get(_LABEL, b"")),
        scope=scope,
        flags=number(found[_FLAGS]) if _FLAGS in found else flags,
        priority=number(found.get(_PRIORITY, b"")),
        protocol=number(found.get(_PROTOCOL, b"")),
    )
