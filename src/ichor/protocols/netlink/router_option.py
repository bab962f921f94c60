"""RTM_NEWNDUSEROPT: options of router advertisements that the kernel leaves to programs.

struct nduseroptmsg, include/uapi/linux/rtnetlink.h, then the option as it came, then attributes:

    u8 family, u8 pad, u16 length of the option, i32 index, u8 ICMP type, u8 code, 6 pad

Of options name servers and search domains are read (RFC 8106, 5.1, 5.2): u8 type, u8 length in
units of 8, 2 reserved, u32 lifetime, addresses or names. Each comes in a message of its own.
"""

import struct
from typing import Final, NamedTuple

from ichor.errors import FormatError
from ichor.protocols.dhcp.packet6 import names
from ichor.protocols.netlink.message import attributes
from ichor.protocols.netlink.wire import unpack_ip

NEW: Final = 68
GROUP: Final = 20
FOREVER: Final = 0xFFFFFFFF
_ADVERTISEMENT: Final = 134
_SERVERS, _DOMAINS = 25, 31
_HEAD: Final = struct.Struct("<BxHiBB6x")
_OPTION: Final = struct.Struct(">BB2xI")
_SOURCE, _UNIT, _ADDRESS = 1, 8, 16


class RouterOption(NamedTuple):
    """router: who said it. Either servers or domains; lifetime: in seconds, 0 to take them back."""

    ifindex: int
    router: str
    lifetime: int
    servers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


def parse(payload: bytes) -> RouterOption | None:
    """Read one, None for an option of another sort. Raises FormatError."""
    if len(payload) < _HEAD.size:
        raise FormatError("struct nduseroptmsg of 16 bytes")
    _, length, index, icmp, _ = _HEAD.unpack_from(payload)
    option, rest = payload[_HEAD.size : _HEAD.size + length], payload[_HEAD.size + length :]
    if len(option) < _OPTION.size or len(option) < length:
        raise FormatError(f"an option of {_OPTION.size} bytes at least", offset=_HEAD.size)
    type_, units, lifetime = _OPTION.unpack_from(option)
    if icmp != _ADVERTISEMENT or type_ not in (_SERVERS, _DOMAINS):
        return None
    if units * _UNIT != len(option):
        raise FormatError(f"an option of {units * _UNIT} bytes, not {len(option)}")
    said, router = option[_OPTION.size :], unpack_ip(attributes(rest).get(_SOURCE, b""))
    if type_ == _DOMAINS:
        return RouterOption(index, router, lifetime, domains=names(said))
    if len(said) % _ADDRESS or not said:
        raise FormatError("addresses of 16 bytes", offset=_HEAD.size + _OPTION.size)
    servers = (said[at : at + _ADDRESS] for at in range(0, len(said), _ADDRESS))
    return RouterOption(index, router, lifetime, servers=tuple(map(unpack_ip, servers)))
