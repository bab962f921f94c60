"""DHCPv4 messages (RFC 2131, 2132, 3396, 3442).

op htype hlen hops | xid | secs flags | ciaddr yiaddr siaddr giaddr | chaddr sname file | cookie
options: code, length, bytes ... 255; one that comes in parts is joined; 52 says that file and
sname hold more of them
"""

import struct
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Final, NamedTuple

from ichor.errors import FormatError

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = range(1, 8)
SERVER_PORT, CLIENT_PORT = 67, 68

PAD, END = 0, 255
MASK, ROUTER, DNS, HOSTNAME, DOMAIN, MTU, BROADCAST, NTP = 1, 3, 6, 12, 15, 26, 28, 42
ADDRESS, LEASE, OVERLOAD, KIND, SERVER, WANTED, LARGEST = 50, 51, 52, 53, 54, 55, 57
RENEWAL, REBINDING, CLIENT_ID, SEARCH, ROUTES = 58, 59, 61, 119, 121
CLASS, BOOT_FILE = 60, 67

_HEAD: Final = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_COOKIE: Final = bytes((99, 130, 83, 99))
_ETHERNET: Final = 1
_SMALLEST_MTU: Final = 576
_BROADCAST_FLAG: Final = 0x8000
_SHORTEST: Final = 300  # what BOOTP relays expect (RFC 1542, 2.1)
NOWHERE: Final = "0.0.0.0"  # noqa: S104 - the absent address


class Packet(NamedTuple):
    """mac: six bytes. client: the address it has; yours: the one it is given."""

    reply: bool
    transaction: int
    mac: bytes
    options: Mapping[int, bytes]
    seconds: int = 0
    client: str = NOWHERE
    yours: str = NOWHERE
    broadcast: bool = True

    @property
    def kind(self) -> int:
        return (self.options.get(KIND) or b"\0")[0]


class Route(NamedTuple):
    """gateway: empty where the destination is on the link itself."""

    destination: str
    gateway: str


def build(packet: Packet) -> bytes:
    head = _HEAD.pack(
        2 if packet.reply else 1,
        _ETHERNET,
        len(packet.mac),
        0,
        packet.transaction,
        min(packet.seconds, 0xFFFF),
        _BROADCAST_FLAG if packet.broadcast else 0,
        IPv4Address(packet.client).packed,
        IPv4Address(packet.yours).packed,
        bytes(4),
        bytes(4),
        packet.mac,
        b"",
        b"",
        _COOKIE,
    )
    body = b"".join(_option(code, packet.options[code]) for code in sorted(packet.options))
    return (head + body + bytes([END])).ljust(_SHORTEST, b"\0")


def parse(data: bytes) -> Packet:
    """Read a message. Raises FormatError."""
    if len(data) < _HEAD.size:
        raise FormatError(f"a message of at least {_HEAD.size} bytes, not {len(data)}")
    fields = _HEAD.unpack_from(data)
    op, _, length, _, transaction, seconds, flags = fields[:7]
    client, yours, _, _, hardware, name, file, cookie = fields[7:]
    if cookie != _COOKIE:
        raise FormatError("the cookie of DHCP", offset=_HEAD.size - 4)
    options = _joined(data[_HEAD.size :])
    overload = (options.get(OVERLOAD) or b"\0")[0]
    for bit, more in ((1, file), (2, name)):
        if overload & bit:
            options = {**_joined(more), **options}
    return Packet(
        reply=op == 2,
        transaction=transaction,
        mac=hardware[: min(length, 16)],
        options=options,
        seconds=seconds,
        client=str(IPv4Address(client)),
        yours=str(IPv4Address(yours)),
        broadcast=bool(flags & _BROADCAST_FLAG),
    )


def addresses(packet: Packet, code: int) -> tuple[str, ...]:
    """Give the addresses an option lists."""
    raw = packet.options.get(code, b"")
    return tuple(str(IPv4Address(raw[at : at + 4])) for at in range(0, len(raw) - 3, 4))


def seconds(packet: Packet, code: int) -> int | None:
    raw = packet.options.get(code, b"")
    return int.from_bytes(raw[:4], "big") if len(raw) >= 4 else None


def mtu(packet: Packet) -> int:
    """Give that of the link; 0 where nothing is said, or less than IP needs (RFC 2132, 5.1)."""
    raw = packet.options.get(MTU, b"")
    found = int.from_bytes(raw, "big") if len(raw) == 2 else 0
    return found if found >= _SMALLEST_MTU else 0


def text(packet: Packet, code: int) -> str:
    """Give a name; empty where it has bytes that no host name has."""
    raw = packet.options.get(code, b"").rstrip(b"\0").decode("ascii", "replace")
    plain = raw.replace("-", "").replace(".", "").replace("_", "")
    return raw if plain.isascii() and plain.isalnum() else ""


def interface(packet: Packet) -> str:
    """Give the address with its prefix, that of its class where there is no mask."""
    mask = addresses(packet, MASK)
    first = IPv4Address(packet.yours).packed[0]
    natural = 8 if first < 128 else 16 if first < 192 else 24
    try:
        return str(IPv4Interface(f"{packet.yours}/{mask[0] if mask else natural}"))
    except ValueError as err:
        raise FormatError(f"a subnet mask, not {mask[0]}") from err


def routes(packet: Packet) -> tuple[Route, ...]:
    """Give the routes: those of option 121 alone if there is one, else by the routers."""
    raw = packet.options.get(ROUTES)
    if raw is None:
        return tuple(Route("", gateway) for gateway in addresses(packet, ROUTER)[:1])
    return tuple(_routes(raw))


def pack_addresses(*given: str) -> bytes:
    return b"".join(IPv4Address(one).packed for one in given)


def _routes(raw: bytes) -> Iterator[Route]:
    at = 0
    while at < len(raw):
        length = raw[at]
        octets = (length + 7) // 8
        end = at + 1 + octets + 4
        if length > 32 or end > len(raw):
            raise FormatError("a prefix, its octets and a gateway", offset=at)
        start = IPv4Address(raw[at + 1 : at + 1 + octets].ljust(4, b"\0"))
        network = IPv4Network((start, length), strict=False)
        gateway = str(IPv4Address(raw[end - 4 : end]))
        yield Route("" if length == 0 else str(network), "" if gateway == NOWHERE else gateway)
        at = end


def _option(code: int, value: bytes) -> bytes:
    parts = [value[at : at + 255] for at in range(0, len(value), 255)] or [b""]
    return b"".join(bytes([code, len(part)]) + part for part in parts)


def _joined(raw: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(raw) and raw[at] != END:
        code = raw[at]
        if code == PAD:
            at += 1
            continue
        if at + 1 >= len(raw) or at + 2 + raw[at + 1] > len(raw):
            raise FormatError(f"option {code} within the message", offset=at)
        end = at + 2 + raw[at + 1]
        found[code] = found.get(code, b"") + raw[at + 2 : end]
        at = end
    return found
