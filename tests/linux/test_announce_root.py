"""An address that is announced: who knew it elsewhere turns to its new place at once."""

import asyncio
import socket
import time
from pathlib import Path

import pytest
from pyroute2 import IPRoute
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh
from tests.linux.neighbour import give, neighbour
from tests.skipping import SkippingLoop

from ichor.linux.network import KernelNetwork
from ichor.ports.network import Add, Address, Announce, Delete, SetLink
from ichor.provision.syscalls import network_namespace

pytestmark = pytest.mark.root
OLD = "02:00:5e:00:53:01"
STALE = 4  # NUD_STALE
SHARED = {"10.0.0.9": "10.0.0.9/32", "fd00::9": "fd00::9/128"}


def known(place: Path) -> dict[str, str]:
    with network_namespace(place), IPRoute() as route:
        rows = [*route.get_neighbours(family=2), *route.get_neighbours(family=10)]
    return {row.get("dst"): row.get("lladdr") for row in rows if row.get("dst") in SHARED}


def scenario() -> None:
    port = KernelNetwork()
    with neighbour("a0", "a1") as place:
        with network_namespace(place):
            give("a1", "10.0.0.2/24", "fd00::2/64")
            with IPRoute() as route:
                index = route.link_lookup(ifname="a1")[0]
                for address in SHARED:
                    route.neigh("replace", dst=address, lladdr=OLD, state=STALE, ifindex=index)
        (ours,) = (link.mac for link in port.observe().links if link.name == "a0")
        give("a0", "10.0.0.1/24", "fd00::1/64", *SHARED.values())
        assert {one.address for one in port.observe().addresses} >= {*SHARED.values()}
        assert known(place) == dict.fromkeys(SHARED, OLD)
        for address in SHARED.values():
            port.apply(Announce(link="a0", address=address))
        deadline = time.monotonic() + 10
        while known(place) != dict.fromkeys(SHARED, ours):
            assert time.monotonic() < deadline, (known(place), ours)
            time.sleep(0.05)


def test_a_neighbour_turns_to_whoever_announces_an_address() -> None:
    fresh(scenario, *ALONE)


def source_towards(node: str) -> str:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as speaker:
        speaker.connect((node, 2380))
        return str(speaker.getsockname()[0])


def connecting() -> None:
    """Connect with another node of the network, as etcd does with its peers."""
    port = KernelNetwork()
    own = Address(link="a0", address="fd00::1/64")
    shared = Address(link="a0", address="fd00::9/128", protocol=73, shared=True)
    with neighbour("a0", "a1"):
        for one in (own, shared, shared):
            port.apply(Add(what=one))
        assert {own, shared} <= {*port.observe().addresses}
        deadline = time.monotonic() + 10
        while source_towards("fd00::2") != "fd00::1":  # it is tentative until the link carries
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_shared_address_is_not_where_connections_come_from() -> None:
    fresh(connecting, *ALONE)


def until_it_carries() -> None:
    """Wait, while the loop's time stands still."""
    deadline = time.monotonic() + 10
    while not any(one.running for one in KernelNetwork().observe().links if one.name == "a0"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def arp(place: Path) -> socket.socket:
    """Hear ARP at the far end."""
    with network_namespace(place):
        heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    heard.settimeout(0)
    return heard


def count(heard: socket.socket) -> int:
    found = 0
    try:
        while True:
            heard.recv(1500)
            found += 1
    except BlockingIOError:
        return found


async def repeating(place: Path) -> None:
    port = KernelNetwork()
    shared = Address(link="a0", address="10.0.0.9/32")
    said = Announce(link="a0", address=shared.address)
    with arp(place) as heard:
        port.apply(Add(what=shared))
        port.apply(said)
        await asyncio.sleep(10)
        assert count(heard) == 3
        port.apply(SetLink(name="a0", up=False))
        with pytest.raises(OSError, match="down"):
            port.apply(said)
        port.apply(SetLink(name="a0", up=True))
        until_it_carries()
        await asyncio.sleep(10)
        assert count(heard) == 2
        port.apply(said)
        port.apply(Delete(what=shared))
        await asyncio.sleep(10)
        assert count(heard) == 1


def repeated() -> None:
    with neighbour("a0", "a1") as place, asyncio.Runner(loop_factory=SkippingLoop) as runner:
        runner.run(repeating(place))


def test_an_announcement_is_repeated_while_the_address_is_here() -> None:
    """A link that comes up, or a switch that learns, may lose the first."""
    fresh(repeated, *ALONE)
