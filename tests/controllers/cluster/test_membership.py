"""From what discovery services say to members and control plane endpoints."""

import base64
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.config.container import Config
from ichor.config.documents.discovery_identity import DiscoveryIdentityConfig
from ichor.config.documents.discovery_service import DiscoveryServiceConfig
from ichor.config.documents.kube_cluster import KubeClusterConfig
from ichor.config.secret import Secret
from ichor.controllers.cluster.affiliate_merge import affiliate_merge, merged
from ichor.controllers.cluster.config import discovery_config
from ichor.controllers.cluster.discovery import discovery
from ichor.controllers.cluster.endpoint import discovered_endpoint
from ichor.controllers.cluster.info import info
from ichor.controllers.cluster.local_affiliate import local_affiliate
from ichor.controllers.cluster.member import member
from ichor.controllers.k8s.static_endpoint import static_endpoint
from ichor.models import rendezvous as model
from ichor.ports import discovery as port
from ichor.ports.rendezvous import Action, Announce, Leave, Session
from ichor.resources.cluster.affiliate import Affiliate, ControlPlane, Member
from ichor.resources.cluster.identity import DiscoveryConfig, Identity, Info, ServiceEndpoint
from ichor.resources.config.active import ActiveConfig
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.k8s.endpoint import Endpoint
from ichor.resources.k8s.node import Nodename
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.node_address import NodeAddress
from ichor.testing.engine import World
from ichor.testing.port import Modelled

KEY = bytes(range(32))
Observed = Mapping[str, Session]


class Port(Modelled[Observed, Action]):
    """A service that knows whom the test says it knows."""

    def __init__(self) -> None:
        super().__init__({}, model.model)
        self.done: list[Action] = []

    async def apply(self, action: Action) -> None:  # type: ignore[override]  # ports are async
        self.done.append(action)
        super().apply(action)

    def hear(self, service: str, *nodes: port.Affiliate) -> None:
        said = self.observe()[service].said
        found = {one.node_id: port.Found(affiliate=one) for one in nodes}
        self._observed = {**self._observed, service: Session(said=said, found=found)}


def config(*services: str, endpoint: str = "https://10.0.0.1:6443") -> ActiveConfig:
    identity = DiscoveryIdentityConfig(
        cluster_id="c", cluster_secret=Secret(base64.b64encode(KEY).decode())
    )
    named = [DiscoveryServiceConfig(name=f"s{n}", endpoint=one) for n, one in enumerate(services)]
    cluster = KubeClusterConfig(cluster_name="prod", endpoint=endpoint)
    return ActiveConfig(value=Config(documents=(identity, cluster, *named)))


def world(rendezvous: Port, *services: str, machine: MachineKind = MachineKind.WORKER) -> World:
    made = World(
        [
            discovery_config,
            info,
            local_affiliate,
            discovery(rendezvous),
            affiliate_merge,
            member,
            discovered_endpoint,
            static_endpoint,
        ]
    )
    made.put(Identity(node_id="me"), "local")
    made.put(config(*services), "v1alpha1")
    made.put(MachineType(type=machine), "machine-type")
    made.put(HostnameStatus(hostname="node", domainname="example"), "hostname")
    made.put(NodeAddress(addresses=("10.0.0.5/24", "10.244.0.1/24")), "routed")
    made.put(NodeAddress(addresses=("10.0.0.5/24",)), "routed-no-k8s")
    made.put(Nodename(nodename="node"), "nodename")
    made.settle()
    return made


def plane(name: str, *addresses: str, nodename: str = "") -> port.Affiliate:
    return port.Affiliate(
        node_id=name,
        addresses=addresses,
        hostname=name,
        nodename=nodename or name,
        machine_type="controlplane",
        operating_system="Talos (v1.14.0)",
        api_server_port=6443,
    )


def test_a_node_tells_of_itself_what_others_need() -> None:
    rendezvous = Port()
    world(rendezvous, "http://10.0.0.9:3000", machine=MachineKind.CONTROLPLANE)
    (said,) = rendezvous.done
    assert isinstance(said, Announce)
    assert (said.service, said.insecure, said.cluster_id) == ("10.0.0.9:3000", True, "c")
    assert base64.b64decode(said.secret.reveal()) == KEY
    assert said.affiliate == port.Affiliate(
        node_id="me",
        addresses=("10.0.0.5",),
        hostname="node.example",
        nodename="node",
        machine_type="controlplane",
        operating_system=said.affiliate.operating_system,
        api_server_port=6443,
    )


def test_no_service_is_contacted_that_no_document_names() -> None:
    rendezvous = Port()
    made = world(rendezvous)
    assert rendezvous.done == []
    assert made.spec(DiscoveryConfig, "cluster") == DiscoveryConfig()
    assert made.specs(Affiliate) == {}
    assert made.spec(Info, "current") == Info(cluster_id="c", cluster_name="prod")


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        (
            "https://discovery.example/",
            ServiceEndpoint(name="s0", endpoint="discovery.example:443"),
        ),
        ("http://h:3000", ServiceEndpoint(name="s0", endpoint="h:3000", insecure=True)),
        ("http://h", ServiceEndpoint(name="s0", endpoint="h:80", insecure=True)),
        ("grpc://h", ServiceEndpoint(name="s0", endpoint="h:443")),
        ("https://[fd00::1]:8443", ServiceEndpoint(name="s0", endpoint="[fd00::1]:8443")),
    ],
)
def test_an_url_says_where_and_whether_in_plain(url: str, endpoint: ServiceEndpoint) -> None:
    made = world(Port(), url)
    found = made.spec(DiscoveryConfig, "cluster")
    assert found is not None
    assert found.service_endpoints == (endpoint,)


def test_those_heard_of_become_members_and_control_planes_endpoints() -> None:
    rendezvous = Port()
    made = world(rendezvous, "http://a:1")
    rendezvous.hear("a:1", plane("p1", "10.0.0.1"), plane("p2", "10.0.0.2", "fd00::2"))
    made.engine.poke("cluster.Discovery")
    made.settle()
    assert set(made.specs(Affiliate, "cluster-raw")) == {"service/p1", "service/p2"}
    assert set(made.specs(Affiliate)) == {"me", "p1", "p2"}
    assert set(made.specs(Member)) == {"node", "p1", "p2"}
    assert made.specs(Endpoint) == {
        "controlplane": Endpoint(addresses=("10.0.0.1",)),
        "discovery": Endpoint(addresses=("10.0.0.1", "10.0.0.2", "fd00::2")),
    }
    rendezvous.hear("a:1", plane("p2", "10.0.0.2"))
    made.engine.poke("cluster.Discovery")
    made.settle()
    assert set(made.specs(Member)) == {"node", "p2"}
    assert made.specs(Endpoint)["discovery"] == Endpoint(addresses=("10.0.0.2",))


def test_nobody_tells_a_node_who_it_is() -> None:
    rendezvous = Port()
    made = world(rendezvous, "http://a:1")
    rendezvous.hear("a:1", plane("me", "192.0.2.1"))
    made.engine.poke("cluster.Discovery")
    made.settle()
    own = made.spec(Affiliate, "me")
    assert own is not None
    assert own.addresses == ("10.0.0.5",)


def test_one_nodename_is_one_member() -> None:
    rendezvous = Port()
    made = world(rendezvous, "http://a:1")
    rendezvous.hear("a:1", plane("p1", nodename="same"), plane("p2", nodename="same"))
    made.engine.poke("cluster.Discovery")
    made.settle()
    found = made.spec(Member, "same")
    assert found is not None
    assert found.node_id == "p1"


def test_a_changed_description_is_said_again_and_an_equal_one_is_not() -> None:
    rendezvous = Port()
    made = world(rendezvous, "http://a:1")
    made.put(NodeAddress(addresses=("10.0.0.5/24", "10.0.0.6/24")), "routed-no-k8s")
    made.settle()
    assert [type(one) for one in rendezvous.done] == [Announce, Announce]
    made.engine.poke("cluster.Discovery")
    made.settle()
    assert len(rendezvous.done) == 2


def test_a_service_that_is_named_no_more_is_left() -> None:
    rendezvous = Port()
    made = world(rendezvous, "http://a:1", "http://b:1")
    made.put(config("http://b:1"), "v1alpha1")
    made.settle()
    assert rendezvous.done[-1] == Leave(service="a:1")
    assert set(rendezvous.observe()) == {"b:1"}


def test_a_name_for_an_endpoint_is_a_host() -> None:
    made = world(Port())
    made.put(config(endpoint="https://plane.example:6443"), "v1alpha1")
    made.settle()
    assert made.specs(Endpoint) == {"controlplane": Endpoint(hosts=("plane.example",))}


affiliates = st.builds(
    Affiliate,
    node_id=st.just("x"),
    addresses=st.lists(st.sampled_from(["10.0.0.1", "10.0.0.2"]), unique=True).map(tuple),
    hostname=st.sampled_from(["", "h"]),
    nodename=st.sampled_from(["", "n"]),
    machine_type=st.sampled_from(MachineKind),
    control_plane=st.sampled_from([None, ControlPlane(port=6443)]),
)


@given(affiliates, affiliates, affiliates)
def test_merging_is_associative_and_idempotent(a: Affiliate, b: Affiliate, c: Affiliate) -> None:
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert merged(a, a) == a
