"""Words to neighbours: announcements of an address, and the question who is a router.

ARP (RFC 826, 5227 3): u16 hardware, u16 protocol, u8 sizes, u16 operation, then MAC and address of
who sends, MAC and address of who is meant; an announcement asks for the address that it tells.
Neighbour advertisement (RFC 4861, 4.4, 7.2.6): ICMPv6 136, flags, address, option 2 with the MAC.
Router solicitation (4.1): ICMPv6 133.
"""

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

BROADCAST: Final = bytes([0xFF] * 6)
ALL_NODES, ALL_ROUTERS = "ff02::1", "ff02::2"
SOLICITATION: Final = bytes([133]) + bytes(7)
ETHERNET_ARP: Final = 0x0806
_ARP: Final = struct.Struct(">HHBBH6s4s6s4s")
_ADVERTISEMENT: Final = struct.Struct(">BBHI16sBB6s")
_OVERRIDE: Final = 0x20000000


def arp_announcement(mac: bytes, address: str) -> bytes:
    """Give the whole Ethernet frame."""
    ip = IPv4Address(address).packed
    head = BROADCAST + mac + struct.pack(">H", ETHERNET_ARP)
    return head + _ARP.pack(1, 0x0800, 6, 4, 1, mac, ip, bytes(6), ip)


def advertisement(mac: bytes, address: str) -> bytes:
    """Give the ICMPv6 message, whose checksum the kernel fills in."""
    return _ADVERTISEMENT.pack(136, 0, 0, _OVERRIDE, IPv6Address(address).packed, 2, 1, mac)
