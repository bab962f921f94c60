import pytest

from ichor.config.container import Config
from ichor.config.documents.kube_cluster import KubeClusterConfig
from ichor.config.documents.kube_network import KubeNetworkConfig
from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.config.documents.kube_node import NodeIP as NodeIPDocument
from ichor.controllers.k8s.address_filter import address_filter
from ichor.controllers.k8s.node_ip import node_ip, node_ip_config
from ichor.controllers.k8s.node_status import node_status
from ichor.controllers.k8s.nodename import node_name, nodename
from ichor.controllers.network.node_address import node_addresses
from ichor.errors import InputError
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.k8s.node import NodeIP, Nodename, NodeStatus
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.testing.engine import World

CONTROLLERS = (nodename, node_ip_config, node_ip, address_filter, node_addresses, node_status)


def world(*subnets: str, pods: tuple[str, ...] = ("10.244.0.0/16",)) -> World:
    made = World(CONTROLLERS)
    documents = (
        KubeClusterConfig(cluster_name="c", endpoint="https://10.5.0.2:6443"),
        KubeNetworkConfig(pod_subnets=pods, service_subnets=("10.96.0.0/12",)),
        KubeNodeConfig(node_ip=NodeIPDocument(valid_subnets=subnets)),
    )
    made.put(ActiveConfig(value=Config(documents=documents)), ID)
    made.put(HostnameStatus(hostname="Node_A"), HOSTNAME_ID)
    for link, address in (
        ("eth0", "10.5.0.2/24"),
        ("eth1", "192.168.7.2/24"),
        ("eth1", "fd05::2/64"),
        ("strange0", "10.244.3.1/24"),
    ):
        made.put(AddressStatus(address=address, link_name=link), f"{link}/{address}")
    made.settle()
    return made


@pytest.mark.parametrize(
    ("subnets", "pods", "expected"),
    [
        pytest.param((), ("10.244.0.0/16",), ("10.5.0.2",), id="first-of-the-pods-family"),
        pytest.param(
            (), ("10.244.0.0/16", "fd00::/56"), ("10.5.0.2", "fd05::2"), id="one-of-each-family"
        ),
        pytest.param(("192.168.0.0/16",), ("10.244.0.0/16",), ("192.168.7.2",), id="chosen"),
        pytest.param(("!10.5.0.0/24",), ("10.244.0.0/16",), ("192.168.7.2",), id="left-out"),
    ],
)
def test_the_node_registers_by(
    subnets: tuple[str, ...], pods: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert world(*subnets, pods=pods).spec(NodeIP, "kubelet") == NodeIP(addresses=expected)


def test_an_address_of_the_pod_network_is_the_clusters_and_not_the_nodes() -> None:
    made = world()
    cluster = made.spec(NodeAddress, "current-only-k8s")
    assert cluster is not None
    assert cluster.addresses == ("10.244.3.1/24",)
    own = made.spec(NodeAddress, "routed-no-k8s")
    assert own is not None
    assert "10.244.3.1/24" not in own.addresses


def test_without_a_fitting_address_the_node_does_not_register() -> None:
    assert world("172.16.0.0/12").spec(NodeIP, "kubelet") is None


def test_a_nodes_name_is_what_kubernetes_accepts() -> None:
    found = world().spec(Nodename, "nodename")
    assert found is not None
    assert found.nodename == "node-a"
    with pytest.raises(InputError):
        node_name("___")


def test_the_own_nodes_status_is_taken_from_all_nodes() -> None:
    made = world()
    made.put(KubeNode(ready=True, pod_cidrs=("10.244.3.0/24",), labels={"a": "b"}), "node-a")
    made.put(KubeNode(), "other")
    made.settle()
    assert made.specs(NodeStatus) == {
        "node-a": NodeStatus(
            nodename="node-a", node_ready=True, labels={"a": "b"}, pod_cidrs=("10.244.3.0/24",)
        )
    }
