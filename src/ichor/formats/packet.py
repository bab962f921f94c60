"""Packets in words: who to whom, by which protocol; RFC 791, 8200, 826, 9293, 768.

What is cut off, or not known, is told as far as it is.
"""

import struct
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from ichor.formats import pcap

_IPV4, _ARP, _VLAN, _IPV6 = 0x0800, 0x0806, 0x8100, 0x86DD
_TCP, _UDP = 6, 17
# https://www.iana.org/assignments/protocol-numbers
_NAMES: Final[Mapping[int, str]] = {1: "ICMP", 2: "IGMP", 4: "IPIP", 58: "ICMPv6", 132: "SCTP"}
_FLAGS: Final = "FSRP.U"  # of TCP, from the lowest bit; a dot is ACK


def words(link: int, data: bytes) -> str:
    """link: of the capture."""
    if link == pcap.RAW:
        return _internet(_IPV6 if data[:1] and data[0] >> 4 == 6 else _IPV4, data)
    if len(data) < 14:
        return "a cut frame"
    kind, rest = int.from_bytes(data[12:14]), data[14:]
    if kind == _VLAN and len(rest) >= 4:
        kind, rest = int.from_bytes(rest[2:4]), rest[4:]
    return _internet(kind, rest)


def _internet(kind: int, data: bytes) -> str:
    if kind == _ARP and len(data) >= 28:
        asked = "who has" if data[7] == 1 else "reply to"
        return f"ARP {asked} {IPv4Address(data[24:28])}, tell {IPv4Address(data[14:18])}"
    if kind == _IPV4 and len(data) >= 20:
        size = 4 * (data[0] & 0xF)
        is_first = int.from_bytes(data[6:8]) & 0x1FFF == 0
        source, target = (str(IPv4Address(data[at : at + 4])) for at in (12, 16))
        return _transport(data[9], source, target, data[size:] if is_first else b"")
    if kind == _IPV6 and len(data) >= 40:
        source, target = (f"[{IPv6Address(data[at : at + 16])}]" for at in (8, 24))
        return _transport(data[6], source, target, data[40:])
    return f"ethertype {kind:#06x}"


def _transport(protocol: int, source: str, target: str, data: bytes) -> str:
    if protocol not in {_TCP, _UDP} or len(data) < 8:
        names = {**_NAMES, _TCP: "TCP", _UDP: "UDP"}
        return f"{source} > {target}: {names.get(protocol, f'protocol {protocol}')}"
    from_port, to_port = struct.unpack_from(">HH", data)
    ends = f"{source}:{from_port} > {target}:{to_port}"
    if protocol == _UDP:
        return f"{ends}: UDP, {int.from_bytes(data[4:6])} bytes"
    if len(data) < 20:
        return f"{ends}: TCP"
    flags = "".join(name for bit, name in enumerate(_FLAGS) if data[13] >> bit & 1)
    sequence, window = int.from_bytes(data[4:8]), int.from_bytes(data[14:16])
    return f"{ends}: TCP [{flags}] seq {sequence} win {window}"
