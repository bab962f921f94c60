"""AddressFilter: which addresses are the cluster's, and which are the node's.

config/ActiveConfig     ─┐
k8s/NodeStatus (all)    ─┴─► network/NodeAddressFilter "only-k8s", "no-k8s"

The cluster's are those of pods and services: the networks of the configuration, and those the
cluster really gave this node.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.ids import NODE_ADDRESS_FILTER_NO_K8S, NODE_ADDRESS_FILTER_ONLY_K8S
from ichor.resources.k8s.node import NodeStatus
from ichor.resources.network.node_address import NodeAddressFilter


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    own: Annotated[Sequence[NodeStatus], All("k8s")] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, NodeAddressFilter]]:
    network = inputs.config.value.network
    given = (cidr for status in inputs.own for cidr in status.pod_cidrs)
    networks = tuple(dict.fromkeys((*network.pod_subnets, *network.service_subnets, *given)))
    yield NODE_ADDRESS_FILTER_ONLY_K8S, NodeAddressFilter(include_subnets=networks)
    yield NODE_ADDRESS_FILTER_NO_K8S, NodeAddressFilter(exclude_subnets=networks)


address_filter = Transform(
    name="k8s.AddressFilter", inputs=Inputs, outputs=[Out(NodeAddressFilter)], reconcile=reconcile
)
