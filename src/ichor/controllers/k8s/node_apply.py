"""NodeApply: labels and annotations of this node, as the configuration says.

    config/ActiveConfig, k8s/Nodename, k8s/KubeNode (own), k8s/NodeCordonedSpec
        ─► plan ─► NodeMeta

Which keys are ours is itself an annotation, so that one taken out of the configuration changes it
and the rest follows by server-side apply. A control plane also tells the others how pods reach
each other (`ichor.dev/pod-network`): workers have no document of their own about that.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.kube_flannel import KubeFlannelCNIConfig
from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.cosi.controller import Actuator, All, Get
from ichor.ports.kube_node_edit import KubeNodeEdit, NodeMeta
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.ids import NODE_CORDONED_ID, NODENAME_ID
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.k8s.node import NodeCordonedSpec, Nodename

OWNED_LABELS = "talos.dev/owned-labels"
OWNED_ANNOTATIONS = "talos.dev/owned-annotations"
POD_NETWORK = "ichor.dev/pod-network"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None
    own: Annotated[Nodename | None, Get("k8s", NODENAME_ID)] = None
    nodes: Annotated[Mapping[str, KubeNode], All("k8s")] = {}
    cordoned: Annotated[NodeCordonedSpec | None, Get("k8s", NODE_CORDONED_ID)] = None


def plan(inputs: Inputs, observed: NodeMeta | None) -> Iterator[NodeMeta]:
    if inputs.config is None or inputs.own is None or observed is None:
        return
    if inputs.own.nodename not in inputs.nodes:
        return
    wanted = meta(inputs.config.value, inputs.own.nodename, cordoned=inputs.cordoned is not None)
    holds = (
        wanted.cordoned == observed.cordoned
        and wanted.labels.items() <= observed.labels.items()
        and wanted.annotations.items() <= observed.annotations.items()
    )
    if not holds:
        yield wanted


def meta(config: Config, name: str, *, cordoned: bool) -> NodeMeta:
    document = config.one(KubeNodeConfig)
    labels = dict(document.labels) if document else {}
    annotations = dict(document.annotations) if document else {}
    flannel = config.one(KubeFlannelCNIConfig)
    if flannel is not None and config.is_control_plane:
        annotations[POD_NETWORK] = encode(flannel)
    owned = {
        OWNED_LABELS: json.dumps(sorted(labels)),
        OWNED_ANNOTATIONS: json.dumps(sorted(annotations)),
    }
    return NodeMeta(
        name=name, labels=labels, annotations={**annotations, **owned}, cordoned=cordoned
    )


def encode(flannel: KubeFlannelCNIConfig) -> str:
    value = {
        "backend": flannel.backend_type,
        "port": flannel.backend_port,
        "mtu": flannel.backend_mtu or 0,
    }
    return json.dumps(value, sort_keys=True)


def node_apply(port: KubeNodeEdit) -> Actuator[Inputs, NodeMeta | None, NodeMeta]:
    return Actuator(
        name="k8s.NodeApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
    )
