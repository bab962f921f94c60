"""An address that is announced: who knew it elsewhere turns to its new place at once."""

import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyroute2 import IPRoute
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.linux.network import KernelNetwork
from ichor.ports.network import Add, Address, Announce, CreateLink, SetLink, Veth
from ichor.provision.syscalls import network_namespace

pytestmark = pytest.mark.root
OLD = "02:00:5e:00:53:01"
STALE = 4  # NUD_STALE
SHARED = ("10.0.0.9", "fd00::9")


@contextmanager
def neighbour(end: str) -> Generator[Path]:
    """Give another namespace that has this end of a pair, with addresses of its own."""
    held = subprocess.Popen(["unshare", "--net", "sleep", "60"])
    try:
        place = Path(f"/proc/{held.pid}/ns/net")
        own = Path("/proc/self/ns/net").stat().st_ino
        while place.stat().st_ino == own:
            time.sleep(0.01)
        with IPRoute() as route:
            route.link("set", index=route.link_lookup(ifname=end)[0], net_ns_pid=held.pid)
        with network_namespace(place):
            port = KernelNetwork()
            port.apply(SetLink(name=end, up=True))
            for address in ("10.0.0.2/24", "fd00::2/64"):
                port.apply(Add(what=Address(link=end, address=address, unasked=":" in address)))
            with IPRoute() as route:
                index = route.link_lookup(ifname=end)[0]
                for address in SHARED:
                    route.neigh("replace", dst=address, lladdr=OLD, state=STALE, ifindex=index)
        yield place
    finally:
        held.kill()
        held.wait()


def known(place: Path) -> dict[str, str]:
    with network_namespace(place), IPRoute() as route:
        rows = [*route.get_neighbours(family=2), *route.get_neighbours(family=10)]
    return {row.get("dst"): row.get("lladdr") for row in rows if row.get("dst") in SHARED}


def scenario() -> None:
    port = KernelNetwork()
    port.apply(CreateLink(name="a0", kind=Veth(peer="a1")))
    port.apply(SetLink(name="a0", up=True))
    with neighbour("a1") as place:
        (ours,) = (link.mac for link in port.observe().links if link.name == "a0")
        for address in ("10.0.0.1/24", "fd00::1/64"):
            port.apply(Add(what=Address(link="a0", address=address, unasked=":" in address)))
        assert known(place) == dict.fromkeys(SHARED, OLD)
        shared = {one: f"{one}/{128 if ':' in one else 32}" for one in SHARED}
        for address in shared.values():
            port.apply(Add(what=Address(link="a0", address=address, unasked=":" in address)))
        assert {one.address for one in port.observe().addresses} >= {*shared.values()}
        assert known(place) == dict.fromkeys(SHARED, OLD)
        for address in shared.values():
            port.apply(Announce(link="a0", address=address))
        deadline = time.monotonic() + 10
        while known(place) != dict.fromkeys(SHARED, ours):
            assert time.monotonic() < deadline, (known(place), ours)
            time.sleep(0.05)


def test_a_neighbour_turns_to_whoever_announces_an_address() -> None:
    fresh(scenario, *ALONE)
