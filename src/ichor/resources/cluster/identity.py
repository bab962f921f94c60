"""Who this node is, what cluster it belongs to, how members find each other."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Octets, OmitEmpty, Part


class Identity(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="Identities.cluster.talos.dev",
        namespace="cluster",
        aliases=("identity",),
        columns={"ID": "{.nodeId}"},
    )
    node_id: str = ""


class Info(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="Infos.cluster.talos.dev",
        namespace="cluster",
        aliases=("info",),
        columns={"Cluster ID": "{.clusterId}", "Cluster Name": "{.clusterName}"},
    )
    cluster_id: str = ""
    cluster_name: str = ""


class ServiceEndpoint(Part, frozen=True, kw_only=True):
    name: str = ""
    endpoint: str = ""
    insecure: bool = False


class DiscoveryConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="DiscoveryConfigs.cluster.talos.dev",
        namespace="config",
        aliases=("discoveryconfig", "dc", "dcs"),
        sensitive=True,
    )
    discovery_enabled: bool = False
    registry_kubernetes_enabled: bool = False
    registry_service_enabled: bool = False
    service_endpoint: str = ""
    service_endpoint_insecure: OmitEmpty[bool] = False
    service_encryption_key: Octets = b""
    service_cluster_id: str = field(default="", name="serviceClusterID")
    service_endpoints: tuple[ServiceEndpoint, ...] = ()
