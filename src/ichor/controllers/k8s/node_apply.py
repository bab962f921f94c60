"""NodeApply: labels, annotations and taints of this node, as the configuration says.

    config/ActiveConfig, k8s/Nodename, k8s/KubeNode (own), k8s/NodeCordonedSpec
        ─► plan ─► NodeMeta

Which keys are ours is itself an annotation, so that one taken out of the configuration changes it
and the rest follows by server-side apply. Taints are one list for all who set some: theirs stay in
it. A worker's are those it registers with, for a kubelet may not change its own (NodeRestriction).
A control plane also tells the others how pods reach
each other (`ichor.dev/pod-network`): workers have no document of their own about that.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ichor.config.container import Config
from ichor.config.documents.kube_flannel import KubeFlannelCNIConfig
from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.cosi.controller import Actuator, All, Get
from ichor.ports.kube_node_edit import KubeNodeEdit, NodeMeta, Taint
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.ids import NODE_CORDONED_ID, NODENAME_ID
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.k8s.node import NodeCordonedSpec, Nodename

OWNED_LABELS = "talos.dev/owned-labels"
OWNED_ANNOTATIONS = "talos.dev/owned-annotations"
OWNED_TAINTS = "talos.dev/owned-taints"
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
    is_cordoned = inputs.cordoned is not None
    wanted = meta(inputs.config.value, inputs.own.nodename, observed, cordoned=is_cordoned)
    holds = (
        wanted.cordoned == observed.cordoned
        and wanted.labels.items() <= observed.labels.items()
        and wanted.annotations.items() <= observed.annotations.items()
        and wanted.taints in (None, observed.taints)
    )
    if not holds:
        same = wanted.taints == observed.taints
        yield replace(wanted, taints=None if same else wanted.taints, version=observed.version)


def meta(config: Config, name: str, observed: NodeMeta, *, cordoned: bool) -> NodeMeta:
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
    taints = None
    if config.is_control_plane:
        own = document.taints if document else {}
        owned[OWNED_TAINTS] = json.dumps(sorted(own))
        taints = tuple(sorted({*of_others(observed, own), *map(taint, own, own.values())}))
    return NodeMeta(
        name=name,
        labels=labels,
        annotations={**annotations, **owned},
        cordoned=cordoned,
        taints=taints,
    )


def of_others(observed: NodeMeta, own: Collection[str]) -> Iterator[Taint]:
    """Yield the taints that are neither ours nor were."""
    before = owned_keys(observed.annotations.get(OWNED_TAINTS, "[]"))
    for one in observed.taints or ():
        if one.key not in own and one.key not in before:
            yield one


def owned_keys(written: str) -> frozenset[str]:
    """Read what we wrote; what somebody else made of it says nothing."""
    try:
        return frozenset(msgspec.json.decode(written, type=list[str]))
    except msgspec.MsgspecError:
        return frozenset()


def taint(key: str, written: str) -> Taint:
    """Read `value:Effect` or `Effect`."""
    value, _, effect = written.rpartition(":")
    return Taint(key, value, effect)


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
