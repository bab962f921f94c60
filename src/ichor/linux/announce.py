"""Words to the neighbours of a link, packet(7) and raw(7)."""

import socket
from contextlib import suppress
from typing import Final

from ichor.protocols import neighbours

_HOPS: Final = 255  # whatever has crossed a router is not believed (RFC 4861, 7.1.2)


def announce(link: str, address: str) -> None:
    """address: with its prefix. Raises OSError: ENODEV, ENETDOWN."""
    ip = address.partition("/")[0]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC) as sender:
        sender.bind((link, 0))
        mac: bytes = sender.getsockname()[4]
        if ":" not in ip:
            sender.send(neighbours.arp_announcement(mac, ip))
            return
    _say(link, neighbours.advertisement(mac, ip), neighbours.ALL_NODES, ip)


def solicit(link: str) -> None:
    """Ask who is a router; where nothing can be asked nobody is."""
    with suppress(OSError):
        _say(link, neighbours.SOLICITATION, neighbours.ALL_ROUTERS)


def _say(link: str, message: bytes, to: str, source: str = "") -> None:
    """Send a message of ICMPv6, from a link-local address where none is given. Raises OSError."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_INET6, kind, socket.IPPROTO_ICMPV6) as speaker:
        index = socket.if_nametoindex(link)
        speaker.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOPS)
        speaker.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        if source:
            speaker.bind((source, 0, 0, 0))
        speaker.sendto(message, (to, 0, 0, index))
