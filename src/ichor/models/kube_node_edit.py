"""The model of the Node: it says what was applied, besides what others say."""

from msgspec.structs import replace

from ichor.ports.kube_node_edit import NodeMeta


def model(observed: NodeMeta | None, action: NodeMeta) -> NodeMeta | None:
    if observed is None:
        return None
    return replace(
        observed,
        labels={**observed.labels, **action.labels},
        annotations={**observed.annotations, **action.annotations},
        cordoned=action.cordoned,
        taints=observed.taints if action.taints is None else action.taints,
    )
