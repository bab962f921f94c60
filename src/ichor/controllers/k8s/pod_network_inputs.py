"""What the pod network of this node is made of, and what follows from it.

    config/ActiveConfig, k8s/Nodename, k8s/KubeNode (all), network/AddressStatus, LinkStatus
        ─► pod_network.render ─► Wanted

A worker has no document about it: it follows what the control planes annotate their Nodes with.
A kubelet cannot give itself their label (NodeRestriction), so no worker can speak for them.

Nothing is wanted before the cluster gave this node a pod network and before the link that carries
the node's address is known, whose MTU bounds that of the pods.
"""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Annotated

import msgspec
from msgspec import Struct

from ichor.config.documents.kube_flannel import KubeFlannelCNIConfig
from ichor.controllers.k8s import pod_network
from ichor.controllers.k8s.node_apply import CONTROL_PLANE, POD_NETWORK
from ichor.controllers.k8s.pod_network import Node, Wanted
from ichor.cosi.controller import All, Get
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.ids import NODENAME_ID
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.k8s.node import Nodename
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.link_status import LinkStatus


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    own: Annotated[Nodename | None, Get("k8s", NODENAME_ID)] = None
    nodes: Annotated[Mapping[str, KubeNode], All("k8s")] = {}
    addresses: Annotated[Sequence[AddressStatus], All("network")] = ()
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}


def wanted(inputs: Inputs) -> Wanted | None:
    """Give what is to be held; None while that is not known, or not ours to hold."""
    chosen = backend(inputs)
    if chosen is None or inputs.own is None:
        return None
    node = inputs.nodes.get(inputs.own.nodename)
    mtu = link_mtu(inputs, node.addresses) if node is not None else 0
    if not mtu:
        return None
    found = pod_network.render(
        pod_network.Inputs(
            own=inputs.own.nodename,
            nodes=tuple(node_of(name, node) for name, node in inputs.nodes.items()),
            pod_networks=inputs.config.value.network.pod_subnets,
            backend=chosen.backend,
            port=chosen.port,
            mtu=chosen.mtu,
            link_mtu=mtu,
        )
    )
    return found if found.pod_cidrs else None


class Backend(Struct, frozen=True, kw_only=True):
    """How pods of different nodes reach each other; mtu is 0 if it follows from the link."""

    backend: str
    port: int
    mtu: int = 0


def backend(inputs: Inputs) -> Backend | None:
    """Give what the configuration says on a control plane, else what control planes tell."""
    config = inputs.config.value
    if config.is_control_plane:
        document = config.one(KubeFlannelCNIConfig)
        return of_document(document) if document else None
    told = (
        node.annotations[POD_NETWORK]
        for node in inputs.nodes.values()
        if CONTROL_PLANE in node.labels and POD_NETWORK in node.annotations
    )
    text = next(told, None)
    return msgspec.json.decode(text, type=Backend) if text is not None else None


def is_of_others(inputs: Inputs) -> bool:
    """Say whether it is known that the pod network is not ours to make.

    Not to know is something else: while no control plane has been seen since the start, what the
    kernel holds from before must stay.
    """
    if backend(inputs) is not None:
        return False
    nodes = inputs.nodes.values()
    return inputs.config.value.is_control_plane or any(CONTROL_PLANE in one.labels for one in nodes)


def of_document(document: KubeFlannelCNIConfig) -> Backend:
    return Backend(
        backend=document.backend_type, port=document.backend_port, mtu=document.backend_mtu or 0
    )


def node_of(name: str, node: KubeNode) -> Node:
    return Node(name=name, pod_cidrs=node.pod_cidrs, addresses=node.addresses)


def link_mtu(inputs: Inputs, own: Sequence[str]) -> int:
    """Give the smallest MTU of the links with the node's addresses; 0 if there is none."""
    numbers = {ip_address(address) for address in own}
    names = {one.link_name for one in inputs.addresses if ip_address(one.local) in numbers}
    return min((inputs.links[name].mtu for name in names if name in inputs.links), default=0)
