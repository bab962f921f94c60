import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.formats import pcap
from ichor.formats.packet import words

A, B = IPv4Address("10.5.0.2").packed, IPv4Address("10.5.0.3").packed
C, D = IPv6Address("fd00::2").packed, IPv6Address("fd00::3").packed
TCP = struct.pack(">HHIIBBHHH", 50000, 443, 7, 0, 0x50, 0x12, 1024, 0, 0)
UDP = struct.pack(">HHHH", 53, 5353, 20, 0)


def frame(kind: int, data: bytes) -> bytes:
    return bytes(12) + kind.to_bytes(2) + data


def ipv4(protocol: int, data: bytes, fragment: int = 0) -> bytes:
    return struct.pack(">BBHHHBBH", 0x45, 0, 20, 0, fragment, 64, protocol, 0) + A + B + data


def ipv6(protocol: int, data: bytes) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(data), protocol, 64) + C + D + data


@pytest.mark.parametrize(
    ("link", "data", "said"),
    [
        (
            pcap.ETHERNET,
            frame(0x800, ipv4(6, TCP)),
            "10.5.0.2:50000 > 10.5.0.3:443: TCP [S.] seq 7 win 1024",
        ),
        (
            pcap.ETHERNET,
            frame(0x86DD, ipv6(17, UDP)),
            "[fd00::2]:53 > [fd00::3]:5353: UDP, 20 bytes",
        ),
        (pcap.RAW, ipv6(58, b""), "[fd00::2] > [fd00::3]: ICMPv6"),
        (pcap.RAW, ipv4(17, UDP), "10.5.0.2:53 > 10.5.0.3:5353: UDP, 20 bytes"),
        (pcap.RAW, ipv4(6, TCP, 0x10), "10.5.0.2 > 10.5.0.3: TCP"),
        (pcap.RAW, ipv4(6, TCP[:8]), "10.5.0.2:50000 > 10.5.0.3:443: TCP"),
        (pcap.RAW, ipv4(99, b""), "10.5.0.2 > 10.5.0.3: protocol 99"),
        (pcap.ETHERNET, frame(0x8100, b"\0\1\x08\x00" + ipv4(1, b"")), "10.5.0.2 > 10.5.0.3: ICMP"),
        (
            pcap.ETHERNET,
            frame(0x806, bytes(7) + b"\1" + bytes(6) + A + bytes(6) + B),
            "ARP who has 10.5.0.3, tell 10.5.0.2",
        ),
        (pcap.ETHERNET, frame(0x88CC, b"x"), "ethertype 0x88cc"),
        (pcap.ETHERNET, b"short", "a cut frame"),
    ],
)
def test_packets_are_told_in_words(link: int, data: bytes, said: str) -> None:
    assert words(link, data) == said


@given(link=st.sampled_from([pcap.ETHERNET, pcap.RAW]), data=st.binary(max_size=80))
def test_whatever_passes_is_told_as_far_as_it_is_known(link: int, data: bytes) -> None:
    assert words(link, data)
