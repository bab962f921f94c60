"""KubePrismEndpoints, KubePrismConfig: where the API servers are, and where to balance them.

    config/ActiveConfig         ─┐
    controlplane/Endpoint (all) ─┤
    cluster/Member (all)        ─┼─► k8s/KubePrismEndpoint "k8s-cluster"
    k8s/KubeNode (all)          ─┘           └─► k8s/KubePrismConfig "k8s-loadbalancer-config"

A control plane asks its own server first. The configured endpoint is always among them: it is how
a node that knows nothing yet begins. Nodes with the control plane's label are there for clusters
without discovery. Without a KubePrismConfig document there is none of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.kube_apiserver import KubeAPIServerConfig
from ichor.cosi.controller import All, Get, Out, Transform
from ichor.resources.cluster.affiliate import Member
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.endpoint import (
    Endpoint,
    KubePrismConfig,
    KubePrismEndpoint,
    KubePrismTarget,
)
from ichor.resources.k8s.ids import KUBEPRISM_CONFIG_ID, KUBEPRISM_ENDPOINTS_ID
from ichor.resources.k8s.kube_node import KubeNode

HOST = "127.0.0.1"
_API_PORT = 6443
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    endpoints: Annotated[Sequence[Endpoint], All("controlplane")] = ()
    members: Annotated[Sequence[Member], All("cluster")] = ()
    nodes: Annotated[Mapping[str, KubeNode], All("k8s")] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, KubePrismEndpoint]]:
    if inputs.config.value.kubeprism_port is not None:
        targets = tuple(dict.fromkeys(known(inputs)))
        yield (
            KUBEPRISM_ENDPOINTS_ID,
            KubePrismEndpoint(
                endpoints=tuple(KubePrismTarget(host=host, port=port) for host, port in targets)
            ),
        )


def known(inputs: Inputs) -> Iterator[tuple[str, int]]:
    config = inputs.config.value
    document = config.one(KubeAPIServerConfig)
    port = document.api_port if document else _API_PORT
    if config.is_control_plane:
        yield "localhost", port
    yield from configured(config)
    for endpoint in inputs.endpoints:
        for host in (*endpoint.hosts, *endpoint.addresses):
            yield host, port
    for member in inputs.members:
        for address in member.addresses:
            if member.control_plane is not None:
                yield address, member.control_plane.port or port
    for _, node in sorted(inputs.nodes.items()):
        if CONTROL_PLANE in node.labels:
            yield from ((address, port) for address in node.addresses)


def configured(config: Config) -> Iterator[tuple[str, int]]:
    url = urlsplit(config.endpoint)
    if url.hostname:
        yield url.hostname, url.port or 443


class ConfigInputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    known: Annotated[KubePrismEndpoint, Get("k8s", KUBEPRISM_ENDPOINTS_ID)]


def balance(inputs: ConfigInputs) -> Iterator[tuple[str, KubePrismConfig]]:
    port = inputs.config.value.kubeprism_port
    if port is not None:
        endpoints = inputs.known.endpoints
        yield KUBEPRISM_CONFIG_ID, KubePrismConfig(host=HOST, port=port, endpoints=endpoints)


kubeprism_endpoints = Transform(
    name="k8s.KubePrismEndpoints",
    inputs=Inputs,
    outputs=[Out(KubePrismEndpoint)],
    reconcile=reconcile,
)
kubeprism_config = Transform(
    name="k8s.KubePrismConfig",
    inputs=ConfigInputs,
    outputs=[Out(KubePrismConfig)],
    reconcile=balance,
)
