"""Routes that need each other, over the kernel: the plan's order is one that it accepts."""

import pytest
from msgspec.structs import replace
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.controllers.network.route_apply import OURS, Inputs, plan
from ichor.linux.network import KernelNetwork
from ichor.ports.network import Add, Address, CreateLink, SetLink, Veth
from ichor.resources.network.kinds import Family, RouteType
from ichor.resources.network.route import RouteSpec

pytestmark = pytest.mark.root
FAR = RouteSpec(
    gateway="172.31.1.1",
    out_link_name="a0",
    table="main",
    priority=1024,
    type=RouteType.UNICAST,
    protocol="dhcp",
)
WANTED = (
    FAR,
    replace(FAR, gateway="198.51.100.1", out_link_name="b0"),
    replace(FAR, dst="172.31.1.1/32", gateway=""),
    replace(FAR, family=Family.INET6, gateway="2001:db8:1::1"),
    replace(FAR, family=Family.INET6, dst="2001:db8:1::1/128", gateway=""),
)
ADDRESSES = {"a0": ("192.0.2.7/32", "2001:db8::7/128"), "b0": ("198.51.100.7/24",)}


def scenario() -> None:
    port = KernelNetwork()
    for name, addresses in ADDRESSES.items():
        port.apply(CreateLink(name=name, kind=Veth(peer=f"{name}x")))
        port.apply(SetLink(name=f"{name}x", up=True))
        port.apply(SetLink(name=name, up=True))
        for address in addresses:
            port.apply(Add(what=Address(link=name, address=address)))
    for action in plan(Inputs(wanted=WANTED), port.observe()):
        port.apply(action)
    held = [one for one in port.observe().routes if one.protocol in OURS]
    assert {one.gateway for one in held} == {"", "172.31.1.1", "2001:db8:1::1"}
    assert list(plan(Inputs(wanted=WANTED), port.observe())) == []


def test_routes_that_need_each_other_come_to_rest() -> None:
    fresh(scenario, *ALONE)
