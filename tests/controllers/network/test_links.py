"""Links of all kinds on the model: planned once, then nothing is left; only ours are touched."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace
from tests.conformance.documents import LINKS
from tests.vm.links import PLAIN, specs_of_all

from ichor.config.decode import decode
from ichor.controllers.network import (
    address_config,
    link_apply,
    link_config,
    operator_config,
    route_apply,
    route_config,
    rule_apply,
    rule_config,
)
from ichor.controllers.network.link_apply import GROUP
from ichor.controllers.network.link_kind import digest, kind_of
from ichor.controllers.network.watch import link_status
from ichor.models.network import model
from ichor.ports.network import (
    Address,
    Bond,
    Bridge,
    CreateLink,
    DeleteLink,
    Dummy,
    Link,
    Network,
    Route,
    Rule,
    SetLink,
    Wireguard,
)
from ichor.resources.config.active import ActiveConfig
from ichor.resources.network import link as specs
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.kinds import Family, RouteType
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.link_kinds import BondMode, LACPRate
from ichor.resources.network.route import RouteSpec
from ichor.resources.network.routing_rule import RoutingRuleSpec

ETH = tuple(Link(name=f"eth{n}", index=n + 2, physical=True, mtu=1500, up=True) for n in range(5))
LO = Link(name="lo", index=1, loopback=True, mtu=65536, up=True)


def converge(network: Network, wanted: Mapping[str, LinkSpec]) -> Network:
    inputs = link_apply.Inputs(wanted=wanted)
    for _ in range(3):  # a bond is told its primary anew once that is a port
        for action in list(link_apply.plan(inputs, network)):
            network = model(network, action)
    assert list(link_apply.plan(inputs, network)) == []
    return network


def by_name(network: Network) -> dict[str, Link]:
    return {link.name: link for link in network.links}


def test_links_of_each_kind_are_made_changed_and_removed() -> None:
    foreign = Link(name="cni0", index=9, kind=Bridge(), up=True)
    wanted = specs_of_all()
    made = converge(Network(links=(LO, *ETH, foreign)), wanted)
    assert wanted.keys() <= by_name(made).keys()
    other = {**wanted, "backup": replace(wanted["backup"], bond_master=PLAIN)}
    other["d2"] = replace(wanted["d2"], master_name="")
    changed = converge(made, other)
    assert (by_name(changed)["d2"].master, by_name(changed)["d2"].up) == ("", True)
    assert by_name(changed)["d1"].master == "backup"
    assert {link.name for link in converge(changed, {}).links} == {"lo", "cni0"} | {
        link.name for link in ETH
    }


def test_a_link_of_somebody_else_is_neither_replaced_nor_released() -> None:
    cni = Link(name="cni0", index=9, kind=Bridge(), up=True)
    port = Link(name="eth0", index=2, physical=True, up=True, master="cni0")
    network = Network(links=(LO, cni, port))
    wanted = {
        "cni0": LinkSpec(name="cni0", logical=True, up=True, kind="dummy"),
        "eth0": LinkSpec(name="eth0", up=True),
    }
    assert list(link_apply.plan(link_apply.Inputs(wanted=wanted), network)) == []


def test_what_stands_on_a_link_that_is_not_there_waits_for_it() -> None:
    vlan = LinkSpec(name="v", logical=True, up=True, kind="vlan", parent_name="eth0")
    inputs = link_apply.Inputs(wanted={"v": replace(vlan, vlan=specs.VLAN(vlan_id=7))})
    assert list(link_apply.plan(inputs, Network(links=(LO,)))) == []
    down = Network(links=(replace(ETH[0], up=False),))
    (made,) = link_apply.plan(inputs, down)
    assert isinstance(made, CreateLink)  # it cannot come up yet
    assert SetLink(name="v", up=True) in list(link_apply.plan(inputs, Network(links=ETH[:1])))


def test_a_port_is_set_down_for_a_bond_and_goes_free_without_it() -> None:
    bond = LinkSpec(name="bond0", logical=True, up=True, kind="bond", bond_master=PLAIN)
    port = LinkSpec(name="eth0", up=True, master_name="bond0")
    wanted = {"bond0": bond, "eth0": port}
    planned = list(link_apply.plan(link_apply.Inputs(wanted=wanted), Network(links=ETH[:1])))
    assert planned[-2:] == [SetLink(name="eth0", up=False), SetLink(name="eth0", master="bond0")]
    held = converge(Network(links=ETH[:1]), wanted)
    free = converge(held, {"bond0": bond, "eth0": LinkSpec(name="eth0", up=True)})
    assert (by_name(free)["eth0"].master, by_name(free)["eth0"].up) == ("", True)


def test_modes_that_look_at_carriers_do_so_by_themselves() -> None:
    bond = LinkSpec(name="b", logical=True, kind="bond")
    lacp = replace(bond, bond_master=replace(PLAIN, mode=BondMode.IEEE_802_3AD))
    kind = kind_of(lacp)
    assert isinstance(kind, Bond)
    assert kind.miimon == 100
    assert kind_of(replace(bond, kind="macvlan")) is None
    assert kind_of(LinkSpec(name="eth0", kind="bond")) is None


def test_a_peer_that_moved_is_no_reason_to_tell_wireguard_anew() -> None:
    wanted = {"wg9": specs_of_all()["wg9"]}
    made = converge(Network(), wanted)
    (link,) = made.links
    kind = kind_of(wanted["wg9"])
    assert isinstance(kind, Wireguard)
    assert link.alias == digest(kind)
    moved = replace(link, kind=Wireguard(public_key="x", listen_port=51820))
    network = Network(links=(moved,))
    assert list(link_apply.plan(link_apply.Inputs(wanted=wanted), network)) == []
    shown = link_status(moved, {}).wireguard
    assert shown is not None
    assert (shown.private_key, shown.public_key) == ("", "x")
    assert "mFB0" not in repr(kind)


def test_a_cycle_of_links_ends() -> None:
    one = LinkSpec(name="a", logical=True, kind="vlan", parent_name="b", master_name="b")
    other = LinkSpec(name="b", logical=True, kind="vlan", parent_name="a")
    inputs = link_apply.Inputs(wanted={"a": one, "b": other})
    assert list(link_apply.plan(inputs, Network())) == []


def test_a_link_that_was_ours_and_is_now_a_device_goes() -> None:
    ours = Link(name="x", index=3, kind=Dummy(), group=GROUP)
    inputs = link_apply.Inputs(wanted={"x": LinkSpec(name="x", up=True)})
    assert list(link_apply.plan(inputs, Network(links=(ours,)))) == [DeleteLink(name="x")]


CONFIG = ActiveConfig(value=decode(LINKS))


def test_documents_become_offers_of_the_configuration() -> None:
    links = {
        one.spec.name: one.spec
        for one in link_config.reconcile(link_config.Inputs(config=CONFIG))
        if isinstance(one.spec, LinkSpec)
    }
    assert {name for name, spec in links.items() if not spec.logical} == {
        *("eth0", "eth1", "eth2", "eth3", "eth4", "lan")
    }
    assert links["eth2"].master_name == "backup"
    assert links["dummy0"].vrf_slave == specs.VRFSlave(master_name="red")
    assert links["veth1"].veth == specs.Veth(peer_name="veth0")
    inputs = address_config.Inputs(config=CONFIG)
    addresses = [one.id for one in address_config.reconcile(inputs)]
    assert "configuration/veth1/10.20.0.1/24" in addresses
    routes = [one.spec for one in route_config.reconcile(route_config.Inputs(config=CONFIG))]
    types = {one.dst: one.type for one in routes if isinstance(one, RouteSpec)}
    assert types["203.0.113.0/24"] is RouteType.BLACKHOLE
    assert types[""] is RouteType.UNICAST
    rules = [one.spec for one in rule_config.reconcile(rule_config.Inputs(config=CONFIG))]
    assert [one.family for one in rules if isinstance(one, RoutingRuleSpec)] == [*Family]
    asked = {one.id for one in operator_config.reconcile(operator_config.Inputs(config=CONFIG))}
    assert asked == {f"configuration/{name}" for name in ("dhcp4/eth5", "dhcp4/eth1", "dhcp6/eth5")}
    for empty in (link_config, address_config, route_config, rule_config, operator_config):
        assert not list(empty.reconcile(empty.Inputs()))


ROUTES = (
    RouteSpec(dst="203.0.113.0/24", table="main", type=RouteType.BLACKHOLE, priority=1024),
    RouteSpec(
        dst="198.51.100.0/24",
        gateway="192.0.2.1",
        out_link_name="eth0",
        table="42",
        type=RouteType.UNICAST,
        mtu=1300,
    ),
    RouteSpec(dst="10.9.0.0/24", out_link_name="eth0", type=RouteType.UNICAST),
    RouteSpec(
        family=Family.INET6,
        dst="2001:db8::/32",
        gateway="fe80::1",
        out_link_name="eth0",
        type=RouteType.UNICAST,
    ),
)


def test_routes_of_the_configuration_are_ours_to_take_away() -> None:
    own = Route(destination="192.0.2.0/24", link="eth0", protocol=2, scope=253)
    foreign = Route(destination="172.16.0.0/12", link="eth0", protocol=4, scope=253)
    network = Network(
        links=ETH[:1],
        addresses=(Address(link="eth0", address="192.0.2.10/24"),),
        routes=(own, foreign),
    )
    # Of IPv6 the model knows no prefixes, and so no gateways.
    inputs = route_apply.Inputs(wanted=ROUTES[:3])
    for action in list(route_apply.plan(inputs, network)):
        network = model(network, action)
    assert list(route_apply.plan(inputs, network)) == []
    assert {route.table for route in network.routes} == {42, 254}
    for action in list(route_apply.plan(route_apply.Inputs(), network)):
        network = model(network, action)
    assert set(network.routes) == {own, foreign}
    (six,) = route_apply.plan(route_apply.Inputs(wanted=ROUTES[3:]), network)
    assert "fe80::1" in str(six)


def test_a_route_without_link_and_destination_is_not_asked_for() -> None:
    inputs = route_apply.Inputs(wanted=(RouteSpec(gateway="192.0.2.1", type=RouteType.UNICAST),))
    assert list(route_apply.plan(inputs, Network(links=ETH))) == []


def test_rules_of_ours_come_and_go_and_others_stay() -> None:
    foreign = Rule(priority=100, table=10, mark=1, mask=1)
    network = Network(rules=(foreign,))
    wanted = rule_apply.Inputs(wanted=(RoutingRuleSpec(priority=1000, table="42", fw_mark=5),))
    for action in list(rule_apply.plan(wanted, network)):
        network = model(network, action)
    assert list(rule_apply.plan(wanted, network)) == []
    assert len(network.rules) == 2
    for action in list(rule_apply.plan(rule_apply.Inputs(), network)):
        network = model(network, action)
    assert network.rules == (foreign,)


@pytest.mark.parametrize("priority", [0, 50])
def test_an_address_is_told_its_metric_once(priority: int) -> None:
    from ichor.controllers.network import address_apply

    spec = AddressSpec(address="192.0.2.10/24", link_name="eth0", priority=priority)
    inputs = address_apply.Inputs(wanted=(spec,))
    network = Network(links=ETH[:1], addresses=(Address(link="eth0", address="192.0.2.10/24"),))
    for action in list(address_apply.plan(inputs, network)):
        network = model(network, action)
    assert list(address_apply.plan(inputs, network)) == []
    assert network.addresses[0].priority == priority


def test_a_link_comes_up_before_its_mtu_is_told_which_a_driver_may_refuse() -> None:
    down = replace(ETH[0], up=False)
    wanted = {"eth0": LinkSpec(name="eth0", up=True, mtu=9000)}
    planned = list(link_apply.plan(link_apply.Inputs(wanted=wanted), Network(links=(down,))))
    assert planned == [SetLink(name="eth0", up=True), SetLink(name="eth0", mtu=9000)]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"miimon": 100, "updelay": 250, "downdelay": 99}, Bond(miimon=100, updelay=200)),
        ({"updelay": 200, "peer_notify_delay": 7}, Bond()),
        ({"miimon": 50, "arp_interval": 100}, Bond(miimon=50)),
        ({"lacp_rate": LACPRate.FAST, "ad_actor_sys_prio": 7, "primary": "eth0"}, Bond()),
        ({"mode": BondMode.ACTIVE_BACKUP, "packets_per_slave": 7}, Bond(mode=1)),
        (
            {"mode": BondMode.IEEE_802_3AD, "arp_interval": 100, "lacp_rate": LACPRate.FAST},
            Bond(mode=4, miimon=100, lacp_rate=1),
        ),
    ],
)
def test_a_bond_is_wished_for_as_the_driver_will_have_it(
    told: Mapping[str, object], expected: Bond
) -> None:
    master = replace(PLAIN, **told)
    assert kind_of(LinkSpec(logical=True, kind="bond", bond_master=master)) == expected
