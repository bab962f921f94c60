"""What a platform says of the network: for which links, in which layer, instead of what."""

import pytest
from msgspec.structs import replace

from ichor.controllers.network import default_link, platform_config_apply
from ichor.controllers.network.link_parts import PLAIN_BOND
from ichor.controllers.network.platform_config import Inputs, reconcile
from ichor.cosi.controller import Output
from ichor.errors import InputError
from ichor.formats.platform import (
    Answer,
    Bond,
    Instance,
    Link,
    Match,
    Network,
    Route,
    Vlan,
)
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.kinds import Family, Layer, OperatorKind, Scope
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.link_kinds import BondMode
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import OperatorSpec
from ichor.resources.network.platform import PlatformConfig
from ichor.resources.network.resolver import ResolverSpec
from ichor.resources.network.route import RouteSpec
from ichor.resources.network.time_server import TimeServerSpec
from ichor.resources.runtime.meta import MetaKey
from ichor.resources.runtime.platform import PlatformAnswer, PlatformMetadata

MAC = "52:54:00:12:34:56"
LINKS = {
    "eth0": LinkStatus(type="ether", hardware_addr=MAC, permanent_addr=MAC),
    "eth1": LinkStatus(type="ether", hardware_addr="52:54:00:00:00:01"),
    "br0": LinkStatus(type="ether", hardware_addr=MAC, kind="bridge"),
    "lo": LinkStatus(type="loopback"),
}


NOBODY = Instance()


def said(*links: Link, instance: Instance = NOBODY) -> PlatformConfig:
    network = Network(links=links, name_servers=("192.0.2.53",), search_domains=("example.org",))
    answer = PlatformAnswer(platform="aws", value=Answer(network=network, instance=instance))
    ((id, config),) = reconcile(Inputs(said=answer, links=LINKS))
    assert id == "active"
    return config


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (Link(id="any", match=Match(mac=MAC)), ["eth0"]),
        (Link(id="any", match=Match(name="*1")), ["eth1"]),
        (Link(id="eth1"), ["eth1"]),
        (Link(id="br0"), []),
        (Link(id="eth7"), []),
        (Link(id="any", match=Match(mac="52:54:00:ff:ff:ff")), []),
    ],
)
def test_which_link_is_meant(link: Link, expected: list[str]) -> None:
    assert [one.name for one in said(link).links] == expected


def test_addresses_and_routes_of_both_families() -> None:
    link = Link(
        id="eth0",
        addresses=("192.0.2.9/24", "2001:db8::9/64", "fe80::9/64"),
        routes=(Route(gateway="192.0.2.1"), Route(destination="2001:db8:1::/48", metric=7)),
    )
    config = said(link)
    assert [(one.family, one.scope) for one in config.addresses] == [
        (Family.INET4, Scope.GLOBAL),
        (Family.INET6, Scope.GLOBAL),
        (Family.INET6, Scope.LINK),
    ]
    one, two = config.routes
    assert (one.gateway, one.dst, one.priority, one.family) == ("192.0.2.1", "", 1024, Family.INET4)
    assert (two.dst, two.priority, two.family) == ("2001:db8:1::/48", 7, Family.INET6)


def test_links_that_are_made() -> None:
    config = said(
        Link(id="a", match=Match(name="eth0")),
        Link(id="bond0", bond=Bond(ports=("a", "gone"), mode="802.3ad", miimon=100), mtu=9000),
        Link(id="vlan7", vlan=Vlan(id=7, parent="bond0"), dhcp6=True),
    )
    _, bond, port, vlan = config.links
    assert bond.bond_master is not None
    assert (bond.name, bond.mtu, bond.bond_master.mode) == ("bond0", 9000, BondMode.IEEE_802_3AD)
    assert (port.name, port.master_name, port.slave_index) == ("eth0", "bond0", 0)
    assert vlan.vlan is not None
    assert (vlan.name, vlan.parent_name, vlan.vlan.vlan_id) == ("vlan7", "bond0", 7)
    assert [(one.operator, one.link_name) for one in config.operators] == [
        (OperatorKind.DHCP6, "vlan7")
    ]


def test_a_mode_of_bonds_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="fastest"):
        said(Link(id="bond0", bond=Bond(ports=(), mode="fastest")))


INSTANCE = Instance(hostname="seven.example.org", region="here", external=("192.0.2.7",), spot=True)


def test_what_it_says_of_the_machine() -> None:
    config = said(instance=INSTANCE)
    assert config.external_ips == ("192.0.2.7",)
    assert config.hostnames == (
        HostnameSpec(hostname="seven", domainname="example.org", layer=Layer.PLATFORM),
    )
    assert config.metadata == PlatformMetadata(
        platform="aws", hostname="seven.example.org", region="here", spot=True
    )


def test_all_of_it_is_offered_in_the_platform_s_layer() -> None:
    link = Link(id="eth0", addresses=("192.0.2.9/24",), routes=(Route(gateway="192.0.2.1"),))
    config = replace(
        said(link, instance=INSTANCE),
        time_servers=(TimeServerSpec(time_servers=("192.0.2.123",)),),
    )
    made = list(platform_config_apply.reconcile(platform_config_apply.Inputs(config=config)))
    offers = {one.id: one.spec for one in made if one.namespace}
    assert set(offers) == {
        "platform/eth0",
        "platform/eth0/192.0.2.9/24",
        "platform/eth0/192.0.2.1//1024",
        "platform/hostname",
        "platform/resolvers",
        "platform/timeservers",
    }
    for spec in offers.values():
        assert isinstance(
            spec, AddressSpec | RouteSpec | HostnameSpec | LinkSpec | ResolverSpec | TimeServerSpec
        )
        assert spec.layer is Layer.PLATFORM
    assert Output(id="platformmetadata", spec=config.metadata or PlatformMetadata()) in made


def test_nothing_is_offered_where_nothing_is_said() -> None:
    nothing = platform_config_apply.Inputs(config=PlatformConfig())
    assert list(platform_config_apply.reconcile(nothing)) == []
    empty = PlatformAnswer(platform="aws", value=Answer())
    ((_, config),) = reconcile(Inputs(said=empty, links=LINKS))
    assert config == PlatformConfig(metadata=PlatformMetadata(platform="aws"))


META = """\
addresses:
  - {address: 192.0.2.9/24, linkName: eth0, family: inet4, scope: global, layer: cmdline}
hostnames: [{hostname: seven}]
"""


def test_metal_has_its_network_from_meta() -> None:
    answer = PlatformAnswer(platform="metal", value=Answer())
    ((_, config),) = reconcile(Inputs(said=answer, meta=MetaKey(value=META)))
    assert config.addresses[0].address == "192.0.2.9/24"
    assert config.metadata == PlatformMetadata(platform="metal")
    with pytest.raises(InputError, match="META 0x0a"):
        list(reconcile(Inputs(said=answer, meta=MetaKey(value="addresses: 7"))))
    other = PlatformAnswer(platform="aws", value=Answer())
    ((_, config),) = reconcile(Inputs(said=other, meta=MetaKey(value=META)))
    assert config.addresses == ()


def test_a_device_that_the_platform_speaks_of_asks_for_no_lease_by_itself() -> None:
    def made(*links: Link) -> dict[str, object]:
        platform = said(*links)
        default = default_link.Inputs(links=LINKS, platform=platform)
        offered = platform_config_apply.reconcile(platform_config_apply.Inputs(config=platform))
        return {one.id: one.spec for one in (*default_link.reconcile(default), *offered)}

    assert "default/dhcp4/eth0" in made()
    static = made(Link(id="eth0", mtu=9000, addresses=("192.0.2.9/24",)))
    assert not {"default/dhcp4/eth0", "platform/dhcp4/eth0"} & static.keys()
    assert "default/dhcp4/eth1" in static
    assert getattr(static["platform/eth0"], "mtu", 0) == 9000
    leased = made(Link(id="eth0", dhcp4=True))["platform/dhcp4/eth0"]
    assert isinstance(leased, OperatorSpec)
    assert leased.layer is Layer.PLATFORM


def test_a_gateway_on_the_link_has_a_route_of_its_own() -> None:
    routes = (Route(gateway="172.31.1.1", onlink=True), Route(gateway="fe80::1", onlink=True))
    config = said(Link(id="eth0", addresses=("192.0.2.9/32",), routes=routes))
    assert [(one.dst, one.gateway) for one in config.routes] == [
        ("172.31.1.1/32", ""),
        ("fe80::1/128", ""),
        ("", "172.31.1.1"),
        ("", "fe80::1"),
    ]


def test_what_is_written_of_a_bond_is_laid_over_what_the_driver_has() -> None:
    text = """\
links:
  - {name: bond0, logical: true, kind: bond, bondMaster: {mode: 802.3ad, useCarrier: false}}
  - {name: eth0, masterName: bond0}
"""
    answer = PlatformAnswer(platform="metal", value=Answer())
    ((_, config),) = reconcile(Inputs(said=answer, meta=MetaKey(value=text)))
    bond, port = config.links
    wanted = replace(PLAIN_BOND, mode=BondMode.IEEE_802_3AD, use_carrier=False)
    assert (bond.bond_master, port.master_name) == (wanted, "bond0")
    for odd in ("links: {}", "links: [1]", "links: [{bondMaster: 1}]"):
        with pytest.raises(InputError, match="META 0x0a"):
            list(reconcile(Inputs(said=answer, meta=MetaKey(value=odd))))
