"""A router tells of name servers: what the kernel hands on is known for as long as it holds."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh
from tests.linux.neighbour import neighbour

from ichor.linux.clock import KernelClock
from ichor.linux.network import KernelNetwork
from ichor.linux.router_advertisements import KernelRouterAdvertisements
from ichor.ports.network import SetLink
from ichor.ports.router_options import Advertised
from ichor.protocols.neighbours import ALL_NODES, SOLICITATION
from ichor.provision.syscalls import network_namespace

pytestmark = pytest.mark.root
GLOBAL, LOCAL = "2001:db8::53", "fe80::53"
EXAMPLE = b"\x07example\x03com\x00".ljust(16, b"\0")


def servers(lifetime: int, *addresses: str) -> bytes:
    packed = b"".join(IPv6Address(one).packed for one in addresses)
    return struct.pack(">BBHI", 25, 1 + 2 * len(addresses), 0, lifetime) + packed


def domains(lifetime: int) -> bytes:
    return struct.pack(">BBHI", 31, 1 + len(EXAMPLE) // 8, 0, lifetime) + EXAMPLE


class Router:
    """Speaks at the far end; the kernel fills in the checksum."""

    def __init__(self, place: Path) -> None:
        self._place = place
        with network_namespace(place):
            self._index = socket.if_nametoindex("a1")
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, self._index)
        group = IPv6Address("ff02::2").packed + struct.pack("@I", self._index)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        self.socket.settimeout(10)

    def tell(self, *options: bytes) -> None:
        head = struct.pack(">BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
        self.socket.sendto(head + b"".join(options), (ALL_NODES, 0, 0, self._index))

    def carries(self, *, up: bool) -> None:
        with network_namespace(self._place):
            KernelNetwork().apply(SetLink(name="a1", up=up))

    def is_asked(self) -> bool:
        """Wait for a question of who is a router."""
        while True:
            said = self.socket.recv(1500)
            if said[0] == SOLICITATION[0]:
                return True


async def live(router: Router) -> None:
    said = KernelRouterAdvertisements(KernelClock()).snapshots()
    assert await anext(said) == {}
    assert router.is_asked()
    router.tell(servers(600, GLOBAL, LOCAL), domains(600))
    both = (GLOBAL, f"{LOCAL}%a0")
    assert await ends(said, Advertised(servers=both, domains=("example.com",)))
    router.tell(servers(0, LOCAL), servers(1, GLOBAL))
    assert await ends(said, Advertised(domains=("example.com",)))
    router.tell(servers(600, LOCAL))
    assert await ends(said, Advertised(servers=(f"{LOCAL}%a0",), domains=("example.com",)))
    await carries_again(router, said)
    KernelNetwork().apply(SetLink(name="a0", up=False))
    assert await ends(said, None)


async def carries_again(router: Router, said: AsyncIterator[Mapping[str, Advertised]]) -> None:
    """Pull the cable: there may be other routers when it is back, and they are asked."""
    router.carries(up=False)
    assert await ends(said, None)
    router.carries(up=True)
    told = asyncio.create_task(ends(said, Advertised(servers=(GLOBAL,))))
    assert await asyncio.to_thread(router.is_asked)
    router.tell(servers(600, GLOBAL))
    assert await told


async def ends(said: AsyncIterator[Mapping[str, Advertised]], wanted: Advertised | None) -> bool:
    """Read on until it is said; what comes before are steps towards it."""
    async with asyncio.timeout(10):
        async for held in said:
            assert held.keys() <= {"a0"}
            if held.get("a0") == wanted:
                return True
    return False


def scenario() -> None:
    with neighbour("a0", "a1") as place:
        router = Router(place)
        with router.socket:
            asyncio.run(live(router))


def test_name_servers_of_routers_are_known_while_they_hold() -> None:
    fresh(scenario, *ALONE)
