"""Control planes that Kubernetes knows are endpoints, whatever the configuration names."""

from ichor.controllers.k8s.endpoint import Inputs, reconcile
from ichor.controllers.k8s.node_apply import CONTROL_PLANE
from ichor.resources.k8s.endpoint import Endpoint
from ichor.resources.k8s.kube_node import KubeNode


def test_every_control_plane_of_the_cluster_is_an_endpoint_and_no_worker_is() -> None:
    label = {CONTROL_PLANE: ""}
    nodes = {
        "c2": KubeNode(addresses=("10.0.0.3",), labels=label),
        "c1": KubeNode(addresses=("10.0.0.2", "fd00::2"), labels=label, ready=True),
        "w1": KubeNode(addresses=("10.0.0.9",)),
    }
    expected = Endpoint(addresses=("10.0.0.2", "fd00::2", "10.0.0.3"))
    assert list(reconcile(Inputs(nodes=nodes))) == [("kube-apiserver", expected)]


def test_without_nodes_there_is_no_endpoint() -> None:
    assert list(reconcile(Inputs())) == []
