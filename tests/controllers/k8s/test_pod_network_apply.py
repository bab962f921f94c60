from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ichor.config.container import Config
from ichor.config.documents.kube_network import KubeNetworkConfig
from ichor.controllers.k8s.cni_config import cni_config
from ichor.controllers.k8s.masquerade_apply import plan as masquerade_plan
from ichor.controllers.k8s.node_apply import CONTROL_PLANE, POD_NETWORK
from ichor.controllers.k8s.pod_network_apply import plan
from ichor.controllers.k8s.pod_network_inputs import Inputs
from ichor.models.masquerade import model as masquerade_model
from ichor.models.network import model
from ichor.ports.masquerade import Masquerade
from ichor.ports.network import (
    Add,
    Address,
    CreateLink,
    Link,
    Neighbour,
    Network,
    Route,
    Vxlan,
)
from ichor.resources.config.active import ActiveConfig
from ichor.resources.files.file import FileSpec
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.k8s.node import Nodename
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.link_status import LinkStatus
from ichor.testing.engine import run

NETWORK = KubeNetworkConfig(pod_subnets=("10.244.0.0/16",), service_subnets=("10.96.0.0/12",))
UNDERLAY = Network(
    links=(
        Link(name="lo", index=1, loopback=True, up=True),
        Link(name="eth0", index=2, up=True, mtu=1500),
    ),
    addresses=(Address(link="eth0", address="10.5.0.2/24"),),
    routes=(Route(destination="10.5.0.0/24", link="eth0", protocol=2, scope=253),),
)


TOLD = {POD_NETWORK: '{"backend":"vxlan","port":4789}'}


def node(number: int, pods: str = "") -> KubeNode:
    cidr = pods or f"10.244.{number}.0/24"
    return KubeNode(pod_cidrs=(cidr,), addresses=(f"10.5.0.{number + 2}",))


def inputs(*numbers: int, told: Mapping[str, str] = TOLD) -> Inputs:
    """Give what the worker n0 sees: those nodes, and a control plane without pods."""
    control_plane = KubeNode(labels={CONTROL_PLANE: ""}, annotations=told)
    return Inputs(
        config=ActiveConfig(value=Config(documents=(NETWORK,))),
        own=Nodename(nodename="n0"),
        nodes={"cp": control_plane, **{f"n{number}": node(number) for number in numbers}},
        addresses=(AddressStatus(address="10.5.0.2/24", local="10.5.0.2", link_name="eth0"),),
        links={"eth0": LinkStatus(mtu=1500)},
    )


def reach(wanted: Inputs, network: Network) -> Network:
    for _ in range(3):
        for action in plan(wanted, network):
            network = model(network, action)
    assert list(plan(wanted, network)) == []
    return network


def test_a_packet_to_another_nodes_pod_has_route_neighbour_and_forwarding_entry() -> None:
    network = reach(inputs(0, 1), UNDERLAY)
    tunnel = next(link for link in network.links if link.name == "flannel.1")
    assert (tunnel.kind, tunnel.mtu, tunnel.up) == (
        Vxlan(id=1, port=4789, local="10.5.0.2", learning=False),
        1450,
        True,
    )
    route = next(one for one in network.routes if one.destination == "10.244.1.0/24")
    near = next(one for one in network.neighbours if one.address == route.gateway)
    far = next(one for one in network.neighbours if one.forwarding and one.mac == near.mac)
    assert (route.link, route.onlink, far.address) == ("flannel.1", True, "10.5.0.3")


sets = st.sets(st.integers(1, 6), max_size=4)


@given(sets, sets)
def test_from_any_membership_to_any_other_ends_where_a_fresh_start_ends(
    before: set[int], after: set[int]
) -> None:
    first = reach(inputs(0, *before), UNDERLAY)
    changed = reach(inputs(0, *after), first)
    assert changed == reach(inputs(0, *after), UNDERLAY)


def test_what_others_made_is_left_alone() -> None:
    foreign = Route(destination="192.168.0.0/16", gateway="10.5.0.1", link="eth0", protocol=4)
    near = Neighbour(link="eth0", address="10.5.0.7", mac="02:00:00:00:00:07")
    network = model(model(UNDERLAY, Add(what=foreign)), Add(what=near))
    held = reach(inputs(0, 1), network)
    assert foreign in held.routes
    assert near in held.neighbours
    assert reach(inputs(0, 1, told={}), held) == network


def test_a_link_called_as_ours_is_left_to_the_users_own_plugin() -> None:
    made = CreateLink(name="flannel.1", kind=Vxlan(id=1, port=8472), mac="0e:00:00:00:00:01")
    network = model(UNDERLAY, made)
    network = model(network, Add(what=Address(link="flannel.1", address="10.244.0.0/32")))
    assert list(plan(inputs(0, 1, told={}), network)) == []


def test_a_changed_pod_network_changes_link_and_address() -> None:
    held = reach(inputs(0, 1), UNDERLAY)
    moved = inputs(0, 1)
    moved = replace(moved, nodes={**moved.nodes, "n0": node(0, "10.244.9.0/24")})
    network = reach(moved, held)
    assert [one.address for one in network.addresses if one.link == "flannel.1"] == [
        "10.244.9.0/32"
    ]


def test_while_nothing_is_known_what_is_held_stays() -> None:
    held = reach(inputs(0, 1), UNDERLAY)
    alone = replace(inputs(), nodes={})
    assert list(plan(alone, held)) == []
    assert list(masquerade_plan(alone, "some digest")) == []


def test_what_leaves_the_cluster_is_masqueraded_while_the_pod_network_is_ours() -> None:
    (action,) = masquerade_plan(inputs(0), "")
    assert action.rules == (Masquerade("10.244.0.0/24", ("10.244.0.0/16",)),)
    held = masquerade_model("", action)
    assert list(masquerade_plan(inputs(0), held)) == []
    (action,) = masquerade_plan(inputs(0, told={}), held)
    assert masquerade_model(held, action) == ""


def test_the_plugin_is_configured_once_the_node_has_its_network() -> None:
    assert run(cni_config, inputs()) == {}
    files = run(cni_config, inputs(0))
    (file,) = files.values()
    assert isinstance(file, FileSpec)
    assert '"subnet":"10.244.0.0/24"' in file.content.reveal()
    assert '"mtu":1450' in file.content.reveal()
    assert run(cni_config, inputs(0, told={})) == {}
