"""Endpoint: where the control planes are that Kubernetes knows.

k8s/KubeNode (all) ─► addresses of control planes ─► controlplane/Endpoint "kube-apiserver"

With it a node outlives the control plane its configuration names, discovery service or not: joining
etcd, trustd and KubePrism go by all endpoints. A control plane that is down stays listed, as its
address does not change; who dials passes it over.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.controllers.k8s.node_apply import CONTROL_PLANE
from ichor.cosi.controller import All, Out, Transform
from ichor.resources.k8s.endpoint import Endpoint
from ichor.resources.k8s.ids import (
    CONTROL_PLANE_API_SERVER_ENDPOINTS_ID,
    CONTROL_PLANE_NAMESPACE_NAME,
)
from ichor.resources.k8s.kube_node import KubeNode


class Inputs(Struct, frozen=True, kw_only=True):
    nodes: Annotated[Mapping[str, KubeNode], All("k8s")] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Endpoint]]:
    planes = (node for _, node in sorted(inputs.nodes.items()) if CONTROL_PLANE in node.labels)
    addresses = dict.fromkeys(address for plane in planes for address in plane.addresses)
    if addresses:
        yield CONTROL_PLANE_API_SERVER_ENDPOINTS_ID, Endpoint(addresses=tuple(addresses))


endpoint = Transform(
    name="k8s.Endpoint",
    inputs=Inputs,
    outputs=[Out(Endpoint, CONTROL_PLANE_NAMESPACE_NAME)],
    reconcile=reconcile,
)
