from ichor.config.container import Config
from ichor.config.documents.kube_cluster import KubeClusterConfig
from ichor.config.documents.kube_prism import KubePrismConfig as Document
from ichor.controllers.k8s.kubeprism import kubeprism
from ichor.controllers.k8s.kubeprism_endpoints import kubeprism_config, kubeprism_endpoints
from ichor.models.balancer import model
from ichor.ports.balancer import Action, Balancer, Balancing
from ichor.resources.cluster.affiliate import ControlPlane, Member
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.endpoint import Endpoint, KubePrismConfig, KubePrismStatus
from ichor.resources.k8s.kube_node import KubeNode
from ichor.testing.engine import World
from ichor.testing.port import Modelled

CLUSTER = KubeClusterConfig(cluster_name="c", endpoint="https://api.example:443")
LABEL = {"node-role.kubernetes.io/control-plane": ""}


class Fake(Modelled[Balancing, Action]):
    async def apply(self, action: Action) -> None:  # type: ignore[override]  # the port is async
        super().apply(action)


def world(*documents: Document) -> tuple[World, Balancer]:
    port = Fake(Balancing(), model)
    made = World((kubeprism_endpoints, kubeprism_config, kubeprism(port)))
    made.put(ActiveConfig(value=Config(documents=(CLUSTER, *documents))), ID)
    made.settle()
    return made, port


def targets(made: World) -> list[str]:
    found = made.spec(KubePrismConfig, "k8s-loadbalancer-config")
    assert found is not None
    return [f"{one.host}:{one.port}" for one in found.endpoints]


def test_a_node_that_knows_nothing_yet_balances_over_the_configured_endpoint() -> None:
    made, port = world(Document(port=7445))
    assert targets(made) == ["api.example:443"]
    assert port.observe().listening == "127.0.0.1:7445"
    status = made.spec(KubePrismStatus, "k8s-loadbalancer")
    assert status == KubePrismStatus(host="127.0.0.1:7445", healthy=False)


def test_every_control_plane_that_is_known_is_a_target_once() -> None:
    made, port = world(Document(port=7445))
    made.put(Endpoint(addresses=("10.5.0.2",)), "kube-apiserver", namespace="controlplane")
    made.put(Member(addresses=("10.5.0.3",), control_plane=ControlPlane(port=6443)), "b")
    made.put(Member(addresses=("10.5.0.9",)), "worker")
    made.put(KubeNode(addresses=("10.5.0.2",), labels=LABEL), "a")
    made.put(KubeNode(addresses=("10.5.0.4",), labels=LABEL), "c")
    made.settle()
    assert targets(made) == [
        "api.example:443",
        "10.5.0.2:6443",
        "10.5.0.3:6443",
        "10.5.0.4:6443",
    ]
    assert [seen.target.host for seen in port.observe().targets][-1] == "10.5.0.4"


def test_without_the_document_nothing_listens() -> None:
    made, port = world(Document(port=7445))
    made.put(ActiveConfig(value=Config(documents=(CLUSTER,))), ID)
    made.settle()
    assert port.observe() == Balancing()
    assert made.spec(KubePrismStatus, "k8s-loadbalancer") is None
