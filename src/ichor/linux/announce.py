"""Announcements of an address on a link, packet(7) and raw(7)."""

import socket
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
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_INET6, kind, socket.IPPROTO_ICMPV6) as speaker:
        index = socket.if_nametoindex(link)
        speaker.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOPS)
        speaker.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        speaker.bind((ip, 0, 0, 0))
        message = neighbours.advertisement(mac, ip)
        speaker.sendto(message, (neighbours.ALL_NODES, 0, 0, index))
