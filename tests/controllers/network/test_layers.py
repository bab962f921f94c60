"""Layers: what is offered for one link is joined, highest last, in whatever order it comes."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ichor.controllers.network import cmdline, default_link, link, time_server
from ichor.controllers.network.link import join
from ichor.controllers.network.watch import link_status
from ichor.cosi.resource import resource
from ichor.ports.network import Link
from ichor.resources.network.kinds import Layer
from ichor.resources.network.link import VLAN, BridgeSlave, LinkSpec
from ichor.resources.network.time_server import TimeServerSpec
from ichor.resources.runtime.boot import KernelCmdline

SPECS = st.builds(
    LinkSpec,
    name=st.just("eth0"),
    logical=st.booleans(),
    up=st.booleans(),
    mtu=st.sampled_from([0, 1400, 9000]),
    kind=st.sampled_from(["", "vlan"]),
    hardware_addr=st.sampled_from(["", "02:00:5e:00:53:01"]),
    master_name=st.sampled_from(["", "bond0"]),
    bridge_slave=st.sampled_from([None, BridgeSlave(master_name="br0")]),
    vlan=st.sampled_from([None, VLAN(vlan_id=7)]),
    multicast=st.booleans(),
    layer=st.sampled_from(list(Layer)),
)
NOTHING = LinkSpec(name="eth0")


@given(SPECS, SPECS, SPECS)
def test_joining_is_associative(low: LinkSpec, middle: LinkSpec, high: LinkSpec) -> None:
    assert join(join(low, middle), high) == join(low, join(middle, high))


@given(SPECS)
def test_what_says_nothing_changes_nothing_but_what_is_always_said(spec: LinkSpec) -> None:
    joined = join(spec, NOTHING)
    assert replace(joined, up=spec.up, layer=spec.layer) == spec
    assert join(NOTHING, spec) == spec


@given(st.lists(SPECS, min_size=1, max_size=5), st.randoms())
def test_the_order_of_arrival_does_not_matter(specs: list[LinkSpec], luck: st.DataObject) -> None:
    offers = [resource(spec, f"{place}") for place, spec in enumerate(specs)]
    mixed = list(offers)
    luck.shuffle(mixed)  # type: ignore[attr-defined]
    first = dict(link.reconcile(link.Inputs(offers=offers)))
    assert first == dict(link.reconcile(link.Inputs(offers=mixed)))
    assert first["eth0"].layer == max((one.layer for one in specs), key=lambda one: one.number)


def test_an_mtu_of_a_lease_and_an_address_of_the_configuration_are_both_meant() -> None:
    lease = LinkSpec(name="eth0", up=True, type="ether", mtu=1400, layer=Layer.OPERATOR)
    document = LinkSpec(name="eth0", up=True, type="ether", layer=Layer.CONFIGURATION)
    both = reduce(join, (LinkSpec(name="eth0", up=True, type="ether"), lease, document))
    assert (both.mtu, both.layer) == (1400, Layer.CONFIGURATION)


def test_the_highest_layer_with_time_servers_names_them() -> None:
    offers = [
        resource(TimeServerSpec(time_servers=("a",), layer=Layer.OPERATOR), "dhcp4/eth0"),
        resource(TimeServerSpec(time_servers=("b", "a"), layer=Layer.OPERATOR), "dhcp4/eth1"),
        resource(TimeServerSpec(layer=Layer.CONFIGURATION), "configuration/timeservers"),
    ]
    made = list(time_server.reconcile(time_server.Inputs(offers=offers)))
    assert [spec.time_servers for _, spec in made] == [("a", "b"), ("a", "b")]  # type: ignore[attr-defined]
    nobody = list(time_server.reconcile(time_server.Inputs()))
    assert [spec.time_servers for _, spec in nobody] == [()]  # type: ignore[attr-defined]


STATUSES = {
    name: link_status(Link(name=name, index=number, physical=True, mac="02:00:00:00:00:01"), {})
    for number, name in enumerate(("eth10", "eth2", "eth3"), start=2)
}


def offered(line: str) -> dict[str, object]:
    inputs = cmdline.Inputs(line=KernelCmdline(cmdline=line), links=STATUSES)
    return {one.id.removeprefix("cmdline/"): one.spec for one in cmdline.reconcile(inputs)}


def by_default(line: str) -> set[str]:
    inputs = default_link.Inputs(line=KernelCmdline(cmdline=line), links=STATUSES)
    return {one.id.removeprefix("default/") for one in default_link.reconcile(inputs)}


def test_an_address_of_the_command_line_is_the_first_devices() -> None:
    line = "quiet ip=192.0.2.10::192.0.2.1:255.255.255.0:node.example.org::none:192.0.2.53"
    found = offered(line)
    assert set(found) == {
        "eth2",
        "eth2/192.0.2.10/24",
        "eth2/inet4/192.0.2.1//1024",
        "resolvers",
        "hostname",
    }
    assert "dhcp4/eth2" not in by_default(line)
    assert {"eth2", "eth3", "dhcp4/eth3"} <= by_default(line)


def test_bonds_and_vlans_of_the_command_line_are_links() -> None:
    line = (
        "bond=bond1:eth2,eth3:mode=active-backup,miimon=50:9000 vlan=bond1.7:bond1 ip=bond1.7:dhcp"
    )
    found = offered(line)
    bond, vlan, port = found["bond1"], found["bond1.7"], found["eth3"]
    assert isinstance(bond, LinkSpec)
    assert bond.bond_master is not None
    assert (bond.mtu, bond.bond_master.mode.value, bond.bond_master.miimon) == (
        9000,
        "active-backup",
        50,
    )
    assert isinstance(vlan, LinkSpec)
    assert (vlan.parent_name, vlan.vlan) == ("bond1", VLAN(vlan_id=7))
    assert isinstance(port, LinkSpec)
    assert (port.master_name, port.slave_index) == ("bond1", 1)
    assert "dhcp4/bond1.7" in found
    assert by_default(line) == {"eth2", "eth3", "eth10", "dhcp4/eth10"}


def test_a_device_that_is_to_be_ignored_is_left_alone() -> None:
    line = "talos.network.interface.ignore=eth3 talos.hostname=node"
    assert by_default(line) == {"eth2", "eth10", "dhcp4/eth2", "dhcp4/eth10"}
    assert set(offered(line)) == {"hostname"}


@given(st.text(max_size=60), st.sampled_from(["ip=", "bond=", "vlan="]))
def test_whatever_an_argument_says_it_is_read_or_passed_over(text: str, name: str) -> None:
    offered(name + text)
    by_default(name + text)
