"""Another network namespace at the far end of a pair of links; it goes with who made it."""

import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pyroute2 import IPRoute

from ichor.linux.network import KernelNetwork
from ichor.ports.network import Add, Address, CreateLink, SetLink, Veth
from ichor.provision.syscalls import network_namespace


@contextmanager
def neighbour(own: str, far: str) -> Generator[Path]:
    """Make a pair that is up; far is in the namespace that is given. No address is asked about."""
    held = subprocess.Popen(["unshare", "--net", "sleep", "120"])
    try:
        place = Path(f"/proc/{held.pid}/ns/net")
        here = Path("/proc/self/ns/net").stat().st_ino
        while place.stat().st_ino == here:
            time.sleep(0.01)
        KernelNetwork().apply(CreateLink(name=own, kind=Veth(peer=far)))
        with IPRoute() as route:
            route.link("set", index=route.link_lookup(ifname=far)[0], net_ns_pid=held.pid)
        with network_namespace(place):
            ready(far)
        ready(own)
        yield place
    finally:
        held.kill()
        held.wait()


def ready(name: str) -> None:
    Path(f"/proc/sys/net/ipv6/conf/{name}/accept_dad").write_text("0")
    KernelNetwork().apply(SetLink(name=name, up=True))


def give(link: str, *addresses: str) -> None:
    for address in addresses:
        what = Address(link=link, address=address, shared=":" in address)
        KernelNetwork().apply(Add(what=what))
