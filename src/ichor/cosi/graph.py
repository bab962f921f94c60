"""The dependency graph: who reads and writes what, as data, DOT and text.

    controller ──OUTPUT──► kind ──INPUT──► controller

An output is shared when several controllers write the kind; a Get names the id it reads.
"""

import enum
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from ichor.cosi.controller import Actuator, Controller, Transform
from ichor.cosi.inputs import compile_inputs


class EdgeType(enum.Enum):
    OUTPUT_EXCLUSIVE = "output"
    OUTPUT_SHARED = "shared output"
    INPUT_STRONG = "strong input"
    INPUT_WEAK = "input"

    @property
    def is_output(self) -> bool:
        return self in {EdgeType.OUTPUT_EXCLUSIVE, EdgeType.OUTPUT_SHARED}


class Edge(Struct, frozen=True, kw_only=True, order=True):
    """id: empty for all of the kind."""

    controller: str
    namespace: str
    type: str
    id: str = ""
    edge: EdgeType

    @property
    def resource(self) -> str:
        return f"{self.namespace}/{self.type}"


def edges(controllers: Sequence[Controller]) -> Sequence[Edge]:
    """Give every edge, by controller in ascending order, outputs first."""
    writers = Counter(kind for one in controllers for kind in {out.kind for out in one.outputs})
    found: list[Edge] = []
    for controller in sorted(controllers, key=lambda one: one.name):
        for kind in sorted({out.kind for out in controller.outputs}):
            edge = EdgeType.OUTPUT_EXCLUSIVE if writers[kind] == 1 else EdgeType.OUTPUT_SHARED
            found.append(_edge(controller, kind.namespace, kind.type, "", edge))
        found.extend(_inputs(controller))
    return found


def _inputs(controller: Controller) -> Iterator[Edge]:
    if not isinstance(controller, Transform | Actuator):
        return
    for binding in compile_inputs(controller.inputs).all:
        edge = EdgeType.INPUT_STRONG if binding.strong else EdgeType.INPUT_WEAK
        yield _edge(controller, binding.kind.namespace, binding.kind.type, binding.id, edge)


def _edge(controller: Controller, namespace: str, type_: str, id: str, edge: EdgeType) -> Edge:
    return Edge(controller=controller.name, namespace=namespace, type=type_, id=id, edge=edge)


def text(controllers: Sequence[Controller]) -> str:
    """Write the graph as a list: each controller with what goes in and what comes out."""
    lines: list[str] = []
    kinds = {controller.name: type(controller).__name__ for controller in controllers}
    last = ""
    for edge in edges(controllers):
        if edge.controller != last:
            last = edge.controller
            lines.append(f"{last} ({kinds[last]})")
        arrow = "-►" if edge.edge.is_output else "◄-"
        note = {EdgeType.OUTPUT_SHARED: " (shared)", EdgeType.INPUT_STRONG: " (strong)"}
        lines.append(f"  {arrow} {_name(edge)}{note.get(edge.edge, '')}")
    return "\n".join(lines) + "\n"


def dot(controllers: Sequence[Controller]) -> str:
    """Write the graph for Graphviz: boxes are controllers, ellipses kinds; strong inputs bold."""
    shapes = {"Transform": "box", "Actuator": "box3d", "Source": "cds"}
    lines = ["digraph controllers {", "  rankdir=LR;"]
    lines.extend(
        f'  "{one.name}" [shape={shapes[type(one).__name__]}];'
        for one in sorted(controllers, key=lambda one: one.name)
    )
    for edge in edges(controllers):
        if edge.edge.is_output:
            lines.append(f'  "{edge.controller}" -> "{edge.resource}";')
        else:
            style = " [style=bold]" if edge.edge is EdgeType.INPUT_STRONG else ""
            lines.append(f'  "{edge.resource}" -> "{edge.controller}"{style};')
    return "\n".join([*lines, "}"]) + "\n"


def _name(edge: Edge) -> str:
    return f"{edge.resource}/{edge.id}" if edge.id else edge.resource
