"""A machine's own links: they come up, ask for leases, and hold what a lease offers."""

from msgspec.structs import replace

from ichor.controllers.network import default_link, dhcp4, lease, link_apply, route_apply
from ichor.controllers.network.address_apply import PROTOCOL
from ichor.controllers.network.address_apply import Inputs as AddressInputs
from ichor.controllers.network.address_apply import plan as plan_addresses
from ichor.controllers.network.route import Inputs as RouteInputs
from ichor.controllers.network.route import reconcile as merge_routes
from ichor.controllers.network.watch import link_status
from ichor.cosi.resource import resource
from ichor.models.network import model
from ichor.ports.dhcp import Conversation, Converse, Lease, LeasedRoute, Silence
from ichor.ports.network import Action, Add, Address, Link, Network, Route, Veth
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.kinds import Layer, RouteType
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.operator import OperatorSpec
from ichor.resources.network.route import RouteSpec

MAC = "52:54:00:12:34:56"
ETH0 = Link(name="eth0", index=2, physical=True, mac=MAC, up=True, running=True)
LEASE = Lease(
    addresses=("10.0.2.15/24",),
    server="10.0.2.2",
    routes=(LeasedRoute(gateway="10.0.2.2"),),
    name_servers=("10.0.2.3",),
    hostname="guest.example.org",
)

ASKED = Converse(link="eth0", mac=MAC, identifier="01525400123456", index=2)
HELD = {"eth0": Conversation(asked=ASKED, lease=LEASE)}


def operators(*links: Link) -> dict[str, object]:
    statuses = {link.name: link_status(link, {}) for link in links}
    made = default_link.reconcile(default_link.Inputs(links=statuses))
    return {one.id: one.spec for one in made}


def inputs(link: Link) -> lease.Inputs:
    made = operators(link).values()
    found = {one.link_name: one for one in made if isinstance(one, OperatorSpec)}
    return lease.Inputs(operators=found, links={link.name: link_status(link, {})})


def do(network: Network, actions: list[Action]) -> Network:
    for action in actions:
        network = model(network, action)
    return network


def test_devices_come_up_and_ask_and_nothing_else_does() -> None:
    links = (
        Link(name="lo", index=1, loopback=True),
        ETH0,
        Link(name="veth0", index=3, kind=Veth()),
        Link(name="sit0", index=4),
    )
    assert set(operators(*links)) == {"default/eth0", "default/dhcp4/eth0"}


def test_a_link_that_is_down_is_set_up_once() -> None:
    down = Network(links=(Link(name="eth0", index=2, physical=True),))
    wanted = link_apply.Inputs(wanted={"eth0": LinkSpec(name="eth0", up=True)})
    up = do(down, list(link_apply.plan(wanted, down)))
    assert up.links[0].up
    assert list(link_apply.plan(wanted, up)) == []


def test_a_conversation_begins_when_the_link_carries_and_ends_with_the_link() -> None:
    without = Link(name="eth0", index=2, physical=True, mac=MAC, up=True)
    assert list(dhcp4.plan(inputs(without), {})) == []
    assert list(dhcp4.plan(inputs(ETH0), {})) == [ASKED]
    assert list(dhcp4.plan(inputs(without), HELD)) == []
    assert list(dhcp4.plan(lease.Inputs(), HELD)) == [Silence(link="eth0")]


def test_a_link_that_was_made_anew_is_conversed_on_anew() -> None:
    again = replace(ETH0, index=9)
    assert list(dhcp4.plan(inputs(ETH0), HELD)) == []
    assert list(dhcp4.plan(inputs(again), HELD)) == [replace(ASKED, index=9)]


def test_a_lease_offers_address_route_servers_and_name() -> None:
    offered = {one.id: one.spec for one in dhcp4.report(inputs(ETH0), HELD)}
    assert set(offered) == {
        "dhcp4/eth0/10.0.2.15/24",
        "dhcp4/eth0/10.0.2.2/",
        "dhcp4/eth0/resolvers",
        "dhcp4/eth0/hostname",
    }
    address = AddressSpec(address="10.0.2.15/24", link_name="eth0", layer=Layer.OPERATOR)
    assert offered["dhcp4/eth0/10.0.2.15/24"] == address
    assert not list(dhcp4.report(inputs(ETH0), {"eth0": Conversation(asked=ASKED)}))


GATEWAY = RouteSpec(
    gateway="10.0.2.2",
    out_link_name="eth0",
    table="main",
    priority=1024,
    type=RouteType.UNICAST,
    protocol="dhcp",
    layer=Layer.OPERATOR,
)


def test_of_two_offers_of_one_route_the_higher_layer_counts() -> None:
    low = replace(GATEWAY, layer=Layer.DEFAULT, mtu=1)
    offers = [resource(low, "a"), resource(GATEWAY, "b")]
    assert dict(merge_routes(RouteInputs(offers=offers))) == {"eth0/inet4/10.0.2.2//1024": GATEWAY}


def test_a_route_waits_for_the_address_its_gateway_is_reached_from() -> None:
    wanted = route_apply.Inputs(wanted=(GATEWAY,))
    bare = Network(links=(ETH0,))
    assert list(route_apply.plan(wanted, bare)) == []
    numbered = do(bare, [Add(what=Address(link="eth0", address="10.0.2.15/24"))])
    routed = do(numbered, list(route_apply.plan(wanted, numbered)))
    assert any(one.gateway == "10.0.2.2" and one.protocol == 16 for one in routed.routes)
    assert list(route_apply.plan(wanted, routed)) == []


def test_only_routes_of_dhcp_are_taken_away() -> None:
    numbered = do(Network(links=(ETH0,)), [Add(what=Address(link="eth0", address="10.0.2.15/24"))])
    foreign = Route(destination="192.0.2.0/24", gateway="10.0.2.9", link="eth0")
    wanted = route_apply.Inputs(wanted=(GATEWAY,))
    routed = do(do(numbered, [Add(what=foreign)]), list(route_apply.plan(wanted, numbered)))
    left = do(routed, list(route_apply.plan(route_apply.Inputs(), routed)))
    assert [one.destination for one in left.routes] == ["10.0.2.0/24", "192.0.2.0/24"]


def test_an_address_of_a_lost_lease_goes_and_foreign_ones_stay() -> None:
    foreign = Address(link="eth0", address="192.0.2.9/32")
    network = Network(links=(ETH0,), addresses=(foreign,))
    wanted = AddressInputs(wanted=(AddressSpec(address="10.0.2.15/24", link_name="eth0"),))
    held = do(network, list(plan_addresses(wanted, network)))
    assert {one.protocol for one in held.addresses} == {0, PROTOCOL}
    assert do(held, list(plan_addresses(AddressInputs(), held))).addresses == (foreign,)
