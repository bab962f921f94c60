"""RTM_*RULE: struct fib_rule_hdr and FRA_* attributes, include/uapi/linux/fib_rules.h.

u8 family, u8 dst_len, u8 src_len, u8 tos, u8 table, u8 res1, u8 res2, u8 action, u32 flags
"""

import struct
from typing import NamedTuple

from ichor.errors import FormatError
from ichor.protocols.netlink.message import attribute, attributes, number, string, text, u8, u32
from ichor.protocols.netlink.wire import AF_INET, pack_ip, unpack_ip

NEW, DELETE, GET = 32, 33, 34
GROUP_IPV4, GROUP_IPV6 = 8, 19  # RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE
TO_TABLE = 1
ACTIONS = (TO_TABLE, 6, 7, 8)  # and FR_ACT_BLACKHOLE, FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT

_HEAD = struct.Struct("<BBBBBBBBI")
_DST, _SRC, _IIF, _PRIORITY, _MARK = 1, 2, 3, 6, 10
_TABLE, _MASK, _OIF, _PROTOCOL = 15, 16, 17, 21


class Rule(NamedTuple):
    family: int = AF_INET
    source: str = ""
    source_prefix: int = 0
    destination: str = ""
    destination_prefix: int = 0
    table: int = 254
    action: int = TO_TABLE
    priority: int = 0
    mark: int = 0
    mask: int = 0
    flags: int = 0
    incoming: str = ""
    outgoing: str = ""
    protocol: int = 0


def build(rule: Rule) -> bytes:
    table = rule.table if rule.table < 256 else 0
    lengths = (rule.destination_prefix, rule.source_prefix)
    head = _HEAD.pack(rule.family, *lengths, 0, table, 0, 0, rule.action, rule.flags)
    out = [attribute(_TABLE, u32(rule.table)), attribute(_PRIORITY, u32(rule.priority))]
    if rule.destination:
        out.append(attribute(_DST, pack_ip(rule.destination)))
    if rule.source:
        out.append(attribute(_SRC, pack_ip(rule.source)))
    if rule.mark or rule.mask:
        out += [attribute(_MARK, u32(rule.mark)), attribute(_MASK, u32(rule.mask))]
    for type_, name in ((_IIF, rule.incoming), (_OIF, rule.outgoing)):
        if name:
            out.append(attribute(type_, string(name)))
    if rule.protocol:
        out.append(attribute(_PROTOCOL, u8(rule.protocol)))
    return head + b"".join(out)


def parse(payload: bytes) -> Rule:
    """Read the payload of RTM_NEWRULE or RTM_DELRULE. Raises FormatError."""
    if len(payload) < _HEAD.size:
        raise FormatError("struct fib_rule_hdr of 12 bytes")
    family, to_len, from_len, _, table, _, _, action, flags = _HEAD.unpack_from(payload)
    found = attributes(payload[_HEAD.size :])
    return Rule(
        family=family,
        source=unpack_ip(found.get(_SRC, b"")),
        source_prefix=from_len,
        destination=unpack_ip(found.get(_DST, b"")),
        destination_prefix=to_len,
        table=number(found[_TABLE]) if _TABLE in found else table,
        action=action,
        priority=number(found.get(_PRIORITY, b"")),
        mark=number(found.get(_MARK, b"")),
        mask=number(found.get(_MASK, b"")),
        flags=flags,
        incoming=text(found.get(_IIF, b"")),
        outgoing=text(found.get(_OIF, b"")),
        protocol=number(found.get(_PROTOCOL, b"")),
    )
