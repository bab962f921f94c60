"""LocalAffiliate: how this node describes itself to the others.

    cluster/Identity "local"        ─┐
    config/DiscoveryConfig, Type    ─┤
    config/ActiveConfig: API port   ─┼─► cluster/Affiliate <node id>
    network/HostnameStatus, NodeAddress ─┤
    k8s/Nodename                    ─┘

None while discovery is off: there is nobody to describe oneself to. Addresses are those routed,
without those of pods and services, which others could not use.
"""

from collections.abc import Iterator
from ipaddress import ip_interface
from typing import Annotated

from msgspec import Struct

from ichor import __version__
from ichor.config.documents.kube_apiserver import KubeAPIServerConfig
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.cluster.affiliate import Affiliate, ControlPlane
from ichor.resources.cluster.identity import DiscoveryConfig, Identity
from ichor.resources.cluster.ids import CONFIG_ID, LOCAL_IDENTITY
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.k8s.ids import NODE_ADDRESS_FILTER_NO_K8S, NODENAME_ID
from ichor.resources.k8s.node import Nodename
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID, NODE_ADDRESS_ROUTED_ID
from ichor.resources.network.node_address import NodeAddress

SYSTEM = f"Ichor ({__version__})"
API_PORT = 6443


class Inputs(Struct, frozen=True, kw_only=True):
    identity: Annotated[Identity, Get("cluster", LOCAL_IDENTITY)]
    discovery: Annotated[DiscoveryConfig, Get("config", CONFIG_ID)]
    config: Annotated[ActiveConfig, Get("config", ID)]
    machine: Annotated[MachineType, Get("config", MACHINE_TYPE_ID)]
    hostname: Annotated[HostnameStatus, Get("network", HOSTNAME_ID)]
    routed: Annotated[NodeAddress, Get("network", NODE_ADDRESS_ROUTED_ID)]
    without_pods: Annotated[
        NodeAddress | None,
        Get("network", f"{NODE_ADDRESS_ROUTED_ID}-{NODE_ADDRESS_FILTER_NO_K8S}"),
    ] = None
    nodename: Annotated[Nodename | None, Get("k8s", NODENAME_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Affiliate]]:
    if not inputs.discovery.discovery_enabled:
        return
    known = inputs.without_pods or inputs.routed
    host = inputs.hostname
    yield (
        inputs.identity.node_id,
        Affiliate(
            node_id=inputs.identity.node_id,
            addresses=tuple(str(ip_interface(one).ip) for one in known.addresses),
            hostname=f"{host.hostname}.{host.domainname}".rstrip("."),
            nodename=inputs.nodename.nodename if inputs.nodename else "",
            operating_system=SYSTEM,
            machine_type=inputs.machine.type,
            control_plane=control_plane(inputs),
        ),
    )


def control_plane(inputs: Inputs) -> ControlPlane | None:
    if inputs.machine.type is MachineKind.WORKER:
        return None
    server = inputs.config.value.one(KubeAPIServerConfig)
    return ControlPlane(port=server.api_port if server else API_PORT)


local_affiliate = Transform(
    name="cluster.LocalAffiliate", inputs=Inputs, outputs=[Out(Affiliate)], reconcile=reconcile
)
