"""NodeCordoned: a node that is being drained gets no new pods.

runtime/NodeDrain (any) ─► k8s/NodeCordonedSpec
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.resources.k8s.ids import NODE_CORDONED_ID
from ichor.resources.k8s.node import NodeCordonedSpec
from ichor.resources.runtime.ending import NAMESPACE, NodeDrain


class Inputs(Struct, frozen=True, kw_only=True):
    drains: Annotated[Mapping[str, NodeDrain], All(NAMESPACE)] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, NodeCordonedSpec]]:
    if inputs.drains:
        yield NODE_CORDONED_ID, NodeCordonedSpec()


node_cordoned = Transform(
    name="k8s.NodeCordoned", inputs=Inputs, outputs=[Out(NodeCordonedSpec)], reconcile=reconcile
)
