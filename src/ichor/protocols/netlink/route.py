"""RTM_*ROUTE: struct rtmsg and RTA_* attributes, include/uapi/linux/rtnetlink.h.

    u8 family, u8 dst_len, u8 src_len, u8 tos, u8 table, u8 protocol, u8 scope, u8 type, u32 flags

A table above 255 is in RTA_TABLE alone. Several gateways (RTA_MULTIPATH) are hops.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from ichor.errors import FormatError
from ichor.protocols.netlink.message import attribute, attributes, nested, number, u32
from ichor.protocols.netlink.wire import AF_INET, pack_ip, unpack_ip

NEW, DELETE, GET = 24, 25, 26
GROUP_IPV4, GROUP_IPV6 = 7, 11  # RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE
MAIN, LOCAL_TABLE = 254, 255
ONLINK, CLONED = 4, 0x200

_HEAD = struct.Struct("<BBBBBBBBI")
_HOP = struct.Struct("<HBBi")
_DST, _OIF, _GATEWAY, _PRIORITY, _SOURCE, _METRICS, _MULTIPATH, _TABLE = 1, 4, 5, 6, 7, 8, 9, 15
_METRIC_MTU = 2


class Hop(NamedTuple):
    ifindex: int
    gateway: str = ""


class Route(NamedTuple):
    """destination: empty with prefix 0 for the default; hops: only of a multipath route."""

    family: int = AF_INET
    destination: str = ""
    prefix: int = 0
    gateway: str = ""
    ifindex: int = 0
    source: str = ""
    table: int = MAIN
    priority: int = 0
    protocol: int = 4
    scope: int = 0
    type: int = 1
    flags: int = 0
    mtu: int = 0
    hops: tuple[Hop, ...] = ()


def build(route: Route) -> bytes:
    head = _HEAD.pack(
        route.family,
        route.prefix,
        0,
        0,
        route.table if route.table < 256 else 0,
        route.protocol,
        route.scope,
        route.type,
        route.flags,
    )
    out = [attribute(_TABLE, u32(route.table))]
    if route.destination:
        out.append(attribute(_DST, pack_ip(route.destination)))
    if route.gateway:
        out.append(attribute(_GATEWAY, pack_ip(route.gateway)))
    if route.ifindex:
        out.append(attribute(_OIF, u32(route.ifindex)))
    if route.source:
        out.append(attribute(_SOURCE, pack_ip(route.source)))
    if route.priority:
        out.append(attribute(_PRIORITY, u32(route.priority)))
    if route.mtu:
        out.append(nested(_METRICS, attribute(_METRIC_MTU, u32(route.mtu))))
    if route.hops:
        out.append(attribute(_MULTIPATH, b"".join(_pack_hop(hop) for hop in route.hops)))
    return head + b"".join(out)


def _pack_hop(hop: Hop) -> bytes:
    inner = attribute(_GATEWAY, pack_ip(hop.gateway)) if hop.gateway else b""
    return _HOP.pack(_HOP.size + len(inner), 0, 0, hop.ifindex) + inner


def parse(payload: bytes) -> Route:
    """Read the payload of RTM_NEWROUTE or RTM_DELROUTE. Raises FormatError."""
    if len(payload) < _HEAD.size:
        raise FormatError("struct rtmsg of 12 bytes")
    family, prefix, _, _, table, protocol, scope, type_, flags = _HEAD.unpack_from(payload)
    found = attributes(payload[_HEAD.size :])
    metrics = attributes(found.get(_METRICS, b""))
    return Route(
        family=family,
        destination=unpack_ip(found.get(_DST, b"")),
        prefix=prefix,
        gateway=unpack_ip(found.get(_GATEWAY, b"")),
        ifindex=number(found.get(_OIF, b"")),
        source=unpack_ip(found.get(_SOURCE, b"")),
        table=number(found[_TABLE]) if _TABLE in found else table,
        priority=number(found.get(_PRIORITY, b"")),
        protocol=protocol,
        scope=scope,
        type=type_,
        flags=flags,
        mtu=number(metrics.get(_METRIC_MTU, b"")),
        hops=tuple(_hops(found.get(_MULTIPATH, b""))),
    )


def _hops(raw: bytes) -> Iterator[Hop]:
    at = 0
    while len(raw) - at >= _HOP.size:
        length, _, _, index = _HOP.unpack_from(raw, at)
        if not _HOP.size <= length <= len(raw) - at:
            raise FormatError("a hop within the multipath attribute", offset=at)
        inner = attributes(raw[at + _HOP.size : at + length])
        yield Hop(index, unpack_ip(inner.get(_GATEWAY, b"")))
        at += length + -length % 4
