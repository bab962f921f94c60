import json
from collections.abc import Mapping

from msgspec.structs import replace
from tests.config import samples

from ichor.config.container import Config
from ichor.config.document import Document
from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.controllers.k8s.node_apply import OWNED_LABELS, OWNED_TAINTS, Inputs, plan
from ichor.models.kube_node_edit import model
from ichor.ports.kube_node_edit import NodeMeta, Taint
from ichor.resources.config.active import ActiveConfig
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.k8s.node import Nodename

NOT_READY = Taint("node.kubernetes.io/not-ready", "", "NoSchedule")


def inputs(node: KubeNodeConfig, *, worker: bool = False) -> Inputs:
    config = samples.worker() if worker else samples.control_plane()
    documents: list[Document] = [
        one for one in config.documents if not isinstance(one, KubeNodeConfig)
    ]
    return Inputs(
        config=ActiveConfig(value=Config(documents=(*documents, node))),
        own=Nodename(nodename="n"),
        nodes={"n": KubeNode()},
    )


def applied(node: KubeNodeConfig, observed: NodeMeta, *, worker: bool = False) -> NodeMeta:
    """Give the Node once the plan of the configuration has been applied, which must end it."""
    given = inputs(node, worker=worker)
    for action in plan(given, observed):
        after = model(observed, action)
        assert after is not None
        observed = after
    assert list(plan(given, observed)) == []
    return observed


def taints(**given: str) -> KubeNodeConfig:
    return KubeNodeConfig(taints=given)


def owned(observed: NodeMeta, annotation: str) -> object:
    return json.loads(observed.annotations[annotation])


def registered(*taints: Taint, annotations: Mapping[str, str] | None = None) -> NodeMeta:
    return NodeMeta(name="n", taints=tuple(sorted(taints)), annotations=annotations or {})


def test_labels_and_annotations_are_applied_and_called_ours() -> None:
    node = KubeNodeConfig(labels={"example.com/a": "1"}, annotations={"note": "x"})
    after = applied(node, registered())
    assert after.labels["example.com/a"] == "1"
    assert after.annotations["note"] == "x"
    assert owned(after, OWNED_LABELS) == ["example.com/a"]


def test_a_taint_is_added_beside_those_of_others() -> None:
    after = applied(taints(dedicated="db:NoSchedule"), registered(NOT_READY))
    assert after.taints == (Taint("dedicated", "db", "NoSchedule"), NOT_READY)
    assert owned(after, OWNED_TAINTS) == ["dedicated"]


def test_a_taint_that_left_the_configuration_goes_and_others_stay() -> None:
    before = applied(taints(dedicated="db:NoSchedule"), registered(NOT_READY))
    assert applied(taints(), before).taints == (NOT_READY,)


def test_a_taint_of_ours_that_changed_is_replaced() -> None:
    before = applied(taints(dedicated="db:NoSchedule"), registered())
    after = applied(taints(dedicated="NoExecute"), before)
    assert after.taints == (Taint("dedicated", "", "NoExecute"),)


def test_a_workers_taints_are_not_its_to_change() -> None:
    (action,) = plan(inputs(taints(dedicated="NoSchedule"), worker=True), registered(NOT_READY))
    assert action.taints is None


def test_taints_that_hold_are_not_written_when_something_else_is() -> None:
    (action,) = plan(inputs(taints()), registered(NOT_READY))
    assert action.taints is None


def test_taints_are_written_to_the_node_they_follow_from() -> None:
    observed = replace(registered(NOT_READY), version="7")
    (action,) = plan(inputs(taints(dedicated="NoSchedule")), observed)
    assert action.taints == (Taint("dedicated", "", "NoSchedule"), NOT_READY)
    assert action.version == "7"


def test_an_annotation_that_somebody_broke_owns_nothing() -> None:
    observed = registered(NOT_READY, annotations={OWNED_TAINTS: "{"})
    assert applied(taints(), observed).taints == (NOT_READY,)
