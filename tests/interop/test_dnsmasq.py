"""Our DHCPv6 client and Debian's dnsmasq, each in a network namespace of its own."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from pyroute2 import IPRoute
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.linux.clock import KernelClock
from ichor.linux.dhcp import KernelDhcp, Speaker4, Speaker6
from ichor.linux.network import KernelNetwork
from ichor.ports.dhcp import Converse, Lease
from ichor.ports.network import CreateLink, SetLink, Veth

pytestmark = pytest.mark.interop
DEBIAN = Path(__file__).parents[2] / ".venv/debian"
DNSMASQ = DEBIAN / "usr/sbin/dnsmasq"
MAC = "02:00:5e:00:53:01"
DUID = "00030001" + MAC.replace(":", "")
# Its lease file is in this mount namespace's own /run.
SERVE = """
until ip link show v1 >/dev/null 2>&1; do sleep 0.05; done
ip address add fd00:6::1/64 dev v1 nodad
ip address add 10.6.0.1/24 dev v1
ip link set v1 up
exec "$@" -k -C /dev/null -i v1 --bind-interfaces --port 0 --user=root --leasefile-ro \
  --dhcp-authoritative --no-ping --pid-file --enable-ra
"""
RANGE6 = (
    "--dhcp-range=fd00:6::100,fd00:6::1ff,64,1h",
    "--dhcp-option=option6:dns-server,[fd00:6::53]",
)
STATELESS = (
    "--dhcp-range=fd00:6::,ra-stateless",
    "--dhcp-option=option6:domain-search,example.org",
    "--dhcp-option=option6:ntp-server,[fd00:6::123]",
)
RANGE4 = (
    "--dhcp-range=10.6.0.100,10.6.0.199,1h",
    "--dhcp-option=option:mtu,1400",
    "--dhcp-option=option:ntp-server,10.6.0.123",
    "--dhcp-option=option:classless-static-route,198.51.100.0/24,10.6.0.2,0.0.0.0/0,10.6.0.3",
    "--domain=example.org",
)


@contextmanager
def served(*told: str) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    kernel = KernelNetwork()
    kernel.apply(CreateLink(name="v0", kind=Veth(peer="v1"), mac=MAC))
    libraries = ":".join(map(str, DEBIAN.glob("usr/lib/*-linux-gnu")))
    argv = ["unshare", "--net", "sh", "-c", SERVE, "sh", str(DNSMASQ), *told]
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": libraries,
        "PATH": f"{os.environ['PATH']}:/sbin",
    }
    with subprocess.Popen(argv, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            with IPRoute() as route:
                while Path(f"/proc/{server.pid}/ns/net").readlink() == OURS.readlink():
                    assert server.poll() is None
                (peer,) = route.link_lookup(ifname="v1")
                route.link("set", index=peer, net_ns_pid=server.pid)
            kernel.apply(SetLink(name="v0", up=True))
            yield
        finally:
            server.terminate()
            server.wait(10)


OURS = Path("/proc/self/ns/net")


async def leased(port: KernelDhcp, asked: Converse) -> Lease:
    wakes = port.wakes()
    await port.apply(asked)
    async with asyncio.timeout(40):
        async for _ in wakes:
            lease = port.observe()["v0"].lease
            if lease is not None:
                return lease
    raise AssertionError("it woke nobody")


def asked6() -> Lease:
    port = KernelDhcp(KernelClock(), Random(1), Speaker6)
    return asyncio.run(leased(port, Converse(link="v0", mac=MAC, identifier=DUID)))


def addresses_scenario() -> None:
    with served(*RANGE6):
        lease = asked6()
    assert lease.addresses[0].startswith("fd00:6::1")
    assert lease.addresses[0].endswith("/128")
    assert lease.name_servers == ("fd00:6::53",)
    print(lease)


def stateless_scenario() -> None:
    with served(*STATELESS):
        lease = asked6()
    assert lease.addresses == ()
    assert lease.domains == ("example.org",)
    assert lease.time_servers == ("fd00:6::123",)


def ipv4_scenario() -> None:
    with served(*RANGE4):
        port = KernelDhcp(KernelClock(), Random(1), Speaker4)
        asked = Converse(link="v0", mac=MAC, identifier="ff005e5301" + DUID)
        lease = asyncio.run(leased(port, asked))
    assert lease.addresses[0].startswith("10.6.0.1")
    assert (lease.mtu, lease.time_servers, lease.domain) == (1400, ("10.6.0.123",), "example.org")
    assert {(route.destination, route.gateway) for route in lease.routes} == {
        ("198.51.100.0/24", "10.6.0.2"),
        ("", "10.6.0.3"),
    }


@pytest.mark.parametrize("name", ["addresses", "stateless", "ipv4"])
def test_a_lease_is_given(name: str) -> None:
    assert DNSMASQ.exists(), "no dnsmasq: run tools/setup.sh vm"
    scenarios = {
        "addresses": addresses_scenario,
        "stateless": stateless_scenario,
        "ipv4": ipv4_scenario,
    }
    print(fresh(scenarios[name], *ALONE))
