from hypothesis import given
from hypothesis import strategies as st

from ichor.controllers.k8s import cni_conflist
from ichor.controllers.k8s.pod_network import (
    Inputs,
    Masquerade,
    Node,
    Route,
    Wanted,
    mac_of,
    render,
)
from ichor.formats.jsonvalue import objs

A = Node(
    name="a", pod_cidrs=("10.244.0.0/24", "fd00:0:0:1::/64"), addresses=("10.5.0.2", "fd05::2")
)
B = Node(
    name="b", pod_cidrs=("10.244.1.0/24", "fd00:0:0:2::/64"), addresses=("10.5.0.3", "fd05::3")
)
NETWORKS = ("10.244.0.0/16", "fd00::/56")


def wanted(own: str, *nodes: Node, backend: str = "vxlan", mtu: int = 0) -> Wanted:
    return render(Inputs(own=own, nodes=nodes, pod_networks=NETWORKS, backend=backend, mtu=mtu))


def test_a_packet_finds_its_way_from_route_to_neighbour_to_node() -> None:
    here = wanted("a", A, B)
    route = next(route for route in here.routes if route.destination == "10.244.1.0/24")
    entry = next(entry for entry in here.neighbours if entry.address == route.gateway)
    forward = next(one for one in here.forwarding if one.mac == entry.mac)
    assert route == Route("10.244.1.0/24", "10.244.1.0", "flannel.1", True)
    assert forward.destination == "10.5.0.3"
    there = wanted("b", A, B)
    assert entry.mac == there.vxlans[0].mac
    assert there.vxlans[0].address == f"{route.gateway}/32"


def test_each_family_has_its_link_and_the_pods_the_smaller_mtu() -> None:
    here = wanted("a", A, B)
    assert [(link.name, link.mtu, link.local) for link in here.vxlans] == [
        ("flannel.1", 1450, "10.5.0.2"),
        ("flannel-v6.1", 1430, "fd05::2"),
    ]
    assert here.pod_mtu == 1430
    assert wanted("a", A, mtu=1400).pod_mtu == 1400


def test_without_a_pod_network_there_is_nothing() -> None:
    assert wanted("a", Node(name="a", addresses=("10.5.0.2",)), B) == Wanted()
    assert wanted("x", A, B) == Wanted()


def test_a_node_that_is_not_ready_for_it_is_left_out() -> None:
    new = Node(name="c", addresses=("10.5.0.4",))
    assert wanted("a", A, B, new) == wanted("a", A, B)


def test_host_gateways_need_no_tunnel() -> None:
    here = wanted("a", A, B, backend="host-gw")
    assert (here.vxlans, here.neighbours, here.forwarding) == ((), (), ())
    assert Route("10.244.1.0/24", "10.5.0.3", "", False) in here.routes
    assert here.pod_mtu == 1500


def test_what_stays_in_the_cluster_keeps_its_address() -> None:
    assert Masquerade("10.244.0.0/24", ("10.244.0.0/16",)) in wanted("a", A, B).masquerades


def test_a_mac_is_unicast_local_and_of_the_network_alone() -> None:
    first = int(mac_of("10.244.0.0/24")[:2], 16)
    assert first & 1 == 0
    assert first & 2 == 2
    assert mac_of("10.244.0.0/24") != mac_of("10.244.1.0/24")


nodes = st.lists(
    st.builds(
        lambda number: Node(
            name=f"n{number}",
            pod_cidrs=(f"10.244.{number}.0/24",),
            addresses=(f"10.5.0.{number + 1}",),
        ),
        st.integers(0, 200),
    ),
    unique_by=lambda node: node.name,
    max_size=20,
)


@given(nodes, st.randoms())
def test_the_order_of_nodes_does_not_matter(given_nodes: list[Node], random: object) -> None:
    shuffled = list(given_nodes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert wanted("n0", *shuffled) == wanted("n0", *given_nodes)


@given(nodes)
def test_every_other_node_is_reachable_and_every_entry_leads_somewhere(
    given_nodes: list[Node],
) -> None:
    if not any(node.name == "n0" for node in given_nodes):
        return
    here = wanted("n0", *given_nodes)
    others = {node.pod_cidrs[0] for node in given_nodes if node.name != "n0"}
    assert {route.destination for route in here.routes} == others
    assert {route.gateway for route in here.routes} == {one.address for one in here.neighbours}
    assert {one.mac for one in here.neighbours} == {one.mac for one in here.forwarding}


def test_the_cni_configuration_has_this_nodes_networks() -> None:
    conflist = cni_conflist.render(A.pod_cidrs, 1430)
    assert conflist is not None
    bridge, ports = objs(conflist, "plugins")
    assert bridge["mtu"] == 1430
    assert bridge["ipam"] == {
        "type": "host-local",
        "ranges": [[{"subnet": "10.244.0.0/24"}], [{"subnet": "fd00:0:0:1::/64"}]],
    }
    assert "routes" not in str(bridge)
    assert ports["capabilities"] == {"portMappings": True}
    assert cni_conflist.render((), 1450) is None
