"""Plans: distinct names, addresses and ports for any cluster that fits; refusals that say why."""

import ipaddress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import InputError, NotFound, TransientError
from ichor.provision import name as names
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?", fullmatch=True)


def planned(
    name: str = "dev", subnet: str = "10.5.0.0/24", control_planes: int = 1, workers: int = 1
) -> Cluster:
    request = Request(
        name=name,
        root=Path("/image"),
        subnet=subnet,
        control_planes=control_planes,
        workers=workers,
    )
    return plan(request, free=lambda port: port % 2 == 0)


@given(NAMES, st.integers(1, 20), st.integers(0, 60))
def test_nodes_of_a_plan_share_nothing(name: str, control_planes: int, workers: int) -> None:
    cluster = planned(name, control_planes=control_planes, workers=workers)
    addresses = [node.address for node in cluster.nodes]
    ports = [each.listen for node in cluster.nodes for each in node.forwards]
    network = ipaddress.ip_network(cluster.subnet)
    for values in (addresses, ports, [node.name for node in cluster.nodes]):
        assert len(set(values)) == len(values)
    assert cluster.gateway not in addresses
    assert all(ipaddress.ip_address(address) in network for address in addresses)
    assert all(port % 2 == 0 and 20000 <= port < 30000 for port in ports)
    assert len(cluster.nodes) == control_planes + workers


@given(NAMES, NAMES)
def test_names_of_interfaces_fit_the_kernel_and_keep_clusters_apart(one: str, two: str) -> None:
    for make in (names.egress_link, names.node_port):
        assert len(make(one)) <= 15
        assert (make(one) == make(two)) == (one == two)
    assert (names.table(one) == names.table(two)) == (one == two)


def test_a_namespace_belongs_to_one_cluster_only() -> None:
    assert names.is_namespace_of(names.hub("a"), "a")
    assert names.is_namespace_of(names.namespace("a", "a-worker-1"), "a")
    assert not names.is_namespace_of(names.namespace("a-b", "x"), "a")
    assert not names.is_namespace_of(names.hub("a-b"), "a")


def test_nodes_are_numbered_by_role_and_control_planes_serve_kubernetes() -> None:
    cluster = planned(control_planes=2, workers=1)
    expected = ["dev-controlplane-1", "dev-controlplane-2", "dev-worker-1"]
    assert [node.name for node in cluster.nodes] == expected
    first, *_, worker = cluster.nodes
    assert first.forward("kubernetes") != first.forward("api")
    with pytest.raises(NotFound):
        worker.forward("kubernetes")


def test_a_plan_is_the_same_again_while_the_ports_are_free() -> None:
    one, two = planned(), planned()
    assert [node.forwards for node in one.nodes] == [node.forwards for node in two.nodes]
    assert all(a.address != b.address for a, b in pairwise(one.nodes))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"name": "A"}, "DNS label", id="upper-case"),
        pytest.param({"name": "a" * 60}, "DNS label", id="too-long"),
        pytest.param({"name": "a.b"}, "DNS label", id="dot"),
        pytest.param({"name": "../a"}, "DNS label", id="path"),
        pytest.param({"subnet": "10.5.0.1/24"}, "no IPv4 subnet", id="host-bits"),
        pytest.param({"subnet": "nonsense"}, "no IPv4 subnet", id="no-subnet"),
        pytest.param({"subnet": "10.5.0.0/30"}, "no room", id="too-small"),
        pytest.param({"control_planes": 0}, "at least one", id="no-control-plane"),
        pytest.param({"workers": 99}, "1 to 99", id="too-many"),
    ],
)
def test_what_cannot_be_planned_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        planned(**values)  # type: ignore[arg-type]  # the table mixes types


def test_no_free_port_is_transient() -> None:
    with pytest.raises(TransientError, match="no port"):
        plan(Request(name="dev", root=Path("/image")), free=lambda _: False)
