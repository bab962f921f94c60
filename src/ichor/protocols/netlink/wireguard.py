"""WireGuard's family of generic netlink, include/uapi/linux/wireguard.h.

A device with many peers is told in several messages; a peer whose networks did not fit goes on in
the next one under its key.
"""

import base64
import struct
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple

from ichor.errors import FormatError
from ichor.protocols.netlink import generic
from ichor.protocols.netlink.message import (
    attribute,
    attributes,
    listed,
    nested,
    number,
    string,
    u8,
    u16,
    u32,
)
from ichor.protocols.netlink.wire import AF_INET, AF_INET6, unpack_ip

FAMILY: Final = "wireguard"
_GET, _SET, _VERSION = 0, 1, 1
_NAME, _PRIVATE, _PUBLIC, _FLAGS, _PORT, _MARK, _PEERS = 2, 3, 4, 5, 6, 7, 8
_REPLACE_PEERS = 1
_PEER_KEY, _PEER_PRESHARED, _PEER_FLAGS, _PEER_ENDPOINT, _PEER_KEEPALIVE = 1, 2, 3, 4, 5
_PEER_ALLOWED, _REPLACE_ALLOWED = 9, 2
_FAMILY_OF, _ADDRESS, _MASK = 1, 2, 3
_IPV4: Final = struct.Struct("<H2s4s8x")  # struct sockaddr_in; ports are big-endian
_IPV6: Final = struct.Struct("<H2s4x16s4x")  # struct sockaddr_in6
KEY: Final = 32


class Peer(NamedTuple):
    """Keys are 32 octets, b"" for none. endpoint: `192.0.2.1:51820`, `[fd00::1]:51820` or empty."""

    key: bytes
    preshared: bytes = b""
    endpoint: str = ""
    keepalive: int = 0
    allowed: tuple[str, ...] = ()


class Device(NamedTuple):
    name: str
    private: bytes = b""
    public: bytes = b""
    port: int = 0
    mark: int = 0
    peers: tuple[Peer, ...] = ()


def get(name: str) -> bytes:
    """Give the payload of a dump that asks for a device."""
    return generic.build(_GET, _VERSION, attribute(_NAME, string(name)))


def set_(device: Device) -> bytes:
    """Give the payload that makes a device have these peers and no others."""
    peers = (nested(place, *_pack_peer(peer)) for place, peer in enumerate(device.peers))
    return generic.build(
        _SET,
        _VERSION,
        attribute(_NAME, string(device.name)),
        attribute(_PRIVATE, device.private.ljust(KEY, b"\0")),
        attribute(_PORT, u16(device.port)),
        attribute(_MARK, u32(device.mark)),
        attribute(_FLAGS, u32(_REPLACE_PEERS)),
        nested(_PEERS, *peers),
    )


def _pack_peer(peer: Peer) -> Iterator[bytes]:
    yield attribute(_PEER_KEY, peer.key)
    yield attribute(_PEER_FLAGS, u32(_REPLACE_ALLOWED))
    yield attribute(_PEER_PRESHARED, peer.preshared.ljust(KEY, b"\0"))
    if peer.endpoint:
        yield attribute(_PEER_ENDPOINT, _pack_endpoint(peer.endpoint))
    yield attribute(_PEER_KEEPALIVE, u16(peer.keepalive))
    rows = (nested(place, *_pack_network(text)) for place, text in enumerate(peer.allowed))
    yield nested(_PEER_ALLOWED, *rows)


def _pack_endpoint(text: str) -> bytes:
    host, _, port = text.rpartition(":")
    address, packed_port = ip_address(host.strip("[]")), struct.pack(">H", int(port))
    if isinstance(address, IPv4Address):
        return _IPV4.pack(AF_INET, packed_port, address.packed)
    return _IPV6.pack(AF_INET6, packed_port, address.packed)


def _pack_network(text: str) -> Iterator[bytes]:
    network = ip_network(text, strict=False)
    yield attribute(_FAMILY_OF, u16(AF_INET if network.version == 4 else AF_INET6))
    yield attribute(_ADDRESS, network.network_address.packed)
    yield attribute(_MASK, u8(network.prefixlen))


def parse(payloads: Iterable[bytes]) -> Device:
    """Read the answers of a dump. Raises FormatError."""
    device, peers = Device(""), dict[bytes, Peer]()
    for payload in payloads:
        found = attributes(generic.body(payload))
        if _PUBLIC in found or _PORT in found:
            device = Device(
                name=found.get(_NAME, b"").rstrip(b"\0").decode(errors="replace"),
                private=found.get(_PRIVATE, b""),
                public=found.get(_PUBLIC, b""),
                port=number(found.get(_PORT, b"")),
                mark=number(found.get(_MARK, b"")),
            )
        for _, raw in listed(found.get(_PEERS, b"")):
            peer = _peer(raw)
            before = peers.get(peer.key)
            more = before._replace(allowed=(*before.allowed, *peer.allowed)) if before else peer
            peers[peer.key] = more
    return device._replace(peers=tuple(peers.values()))


def _peer(raw: bytes) -> Peer:
    found = attributes(raw)
    preshared = found.get(_PEER_PRESHARED, b"")
    networks = (attributes(each) for _, each in listed(found.get(_PEER_ALLOWED, b"")))
    return Peer(
        key=found.get(_PEER_KEY, b""),
        preshared=preshared if any(preshared) else b"",
        endpoint=_endpoint(found.get(_PEER_ENDPOINT, b"")),
        keepalive=number(found.get(_PEER_KEEPALIVE, b"")),
        allowed=tuple(
            f"{unpack_ip(one.get(_ADDRESS, b''))}/{number(one.get(_MASK, b''))}" for one in networks
        ),
    )


def _endpoint(raw: bytes) -> str:
    if not raw:
        return ""
    for size, family, layout in ((16, AF_INET, _IPV4), (28, AF_INET6, _IPV6)):
        if len(raw) == size and number(raw[:2]) == family:
            _, port, packed = layout.unpack(raw)
            address = str(IPv4Address(packed)) if family == AF_INET else f"[{IPv6Address(packed)}]"
            return f"{address}:{int.from_bytes(port, 'big')}"
    raise FormatError(f"a socket address of 16 or 28 bytes, not {len(raw)}")


def key_text(key: bytes) -> str:
    return base64.b64encode(key).decode() if key else ""


def key_of(text: str) -> bytes:
    """Read a key in base64. Raises FormatError."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY:
        raise FormatError(f"a key of {KEY} octets in base64")
    return key
