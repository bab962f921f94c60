"""Routes that stand on each other, and those of which the kernel can have but one."""

import itertools

import pytest
from msgspec.structs import replace

from ichor.controllers.network.route_apply import Inputs, plan
from ichor.models.network import model
from ichor.ports.network import Add, Address, Link, Network
from ichor.resources.network.kinds import Family, Layer, RouteType
from ichor.resources.network.route import RouteSpec

ETH = tuple(
    Link(name=f"eth{n}", index=n + 2, physical=True, up=True, running=True) for n in range(2)
)
NEAR = RouteSpec(
    dst="172.31.1.1/32",
    out_link_name="eth0",
    table="main",
    priority=1024,
    type=RouteType.UNICAST,
    protocol="dhcp",
    layer=Layer.OPERATOR,
)
FAR = replace(NEAR, dst="", gateway="172.31.1.1")


def rest(wanted: tuple[RouteSpec, ...], network: Network) -> Network:
    """Apply plans until there is none."""
    for _ in range(4):
        actions = list(plan(Inputs(wanted=wanted), network))
        if not actions:
            return network
        for action in actions:
            network = model(network, action)
    raise AssertionError("it does not come to rest")


def numbered(*addresses: Address) -> Network:
    network = Network(links=ETH)
    for one in addresses:
        network = model(network, Add(what=one))
    return network


@pytest.mark.parametrize("wanted", list(itertools.permutations((NEAR, FAR))))
def test_a_gateway_is_reached_by_a_route_of_its_own(wanted: tuple[RouteSpec, ...]) -> None:
    network = rest(wanted, numbered(Address(link="eth0", address="192.0.2.7/32")))
    assert {one.gateway for one in network.routes} == {"", "172.31.1.1"}


def test_a_route_of_another_link_leads_to_no_gateway() -> None:
    network = rest((replace(NEAR, out_link_name="eth1"), FAR), numbered())
    assert [one.destination for one in network.routes] == ["172.31.1.1/32"]


ONE = replace(FAR, gateway="192.0.2.1")
OTHER = replace(FAR, gateway="198.51.100.1", out_link_name="eth1")
BOTH = (
    Address(link="eth0", address="192.0.2.7/24"),
    Address(link="eth1", address="198.51.100.7/24"),
)


def defaults(network: Network) -> list[str]:
    return [one.gateway for one in network.routes if one.gateway]


@pytest.mark.parametrize("wanted", [(ONE, OTHER), (OTHER, ONE)])
def test_of_two_equal_defaults_one_holds(wanted: tuple[RouteSpec, ...]) -> None:
    assert defaults(rest(wanted, numbered(*BOTH))) == ["192.0.2.1"]


def test_the_other_holds_while_the_first_cannot() -> None:
    held = rest((ONE, OTHER), numbered(BOTH[1]))
    assert defaults(held) == ["198.51.100.1"]
    assert defaults(rest((ONE, OTHER), model(held, Add(what=BOTH[0])))) == ["192.0.2.1"]


def test_the_higher_layer_holds() -> None:
    said = replace(OTHER, layer=Layer.CONFIGURATION)
    assert defaults(rest((ONE, said), numbered(*BOTH))) == ["198.51.100.1"]


def test_what_the_kernel_tells_apart_is_had_side_by_side() -> None:
    others = (
        replace(OTHER, priority=2048),
        replace(OTHER, table="42"),
        replace(OTHER, family=Family.INET6, gateway="fe80::1"),
    )
    planned = list(plan(Inputs(wanted=(ONE, *others)), numbered(*BOTH)))
    assert len(planned) == 4
