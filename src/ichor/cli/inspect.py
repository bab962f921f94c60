"""`ichor inspect`: the graph of controllers, as DOT."""

from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_machines

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.inspect import inspect_pb2


@click.group()
def inspect() -> None:
    """Look into a machine."""


@inspect.command()
@click.option("--with-resources", is_flag=True, help="Kinds as nodes of their own.")
@calls_machines
def dependencies(target: Target, *, with_resources: bool) -> None:
    """Print the controllers' dependencies for Graphviz."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.inspect import inspect_pb2 as pb

    async def ask(node: "Node") -> "list[inspect_pb2.ControllerDependencyEdge]":
        answer = await node.call(
            "ControllerRuntimeDependencies",
            Empty(),
            pb.ControllerRuntimeDependenciesResponse,
            timeout_s=30,
            module=pb,
            service="InspectService",
        )
        return [edge for message in answer.messages for edge in message.edges]

    edges = target.one(ask)
    print("\n".join(whole(edges) if with_resources else between(edges)))


def _is_output(edge: "inspect_pb2.ControllerDependencyEdge") -> bool:
    from ichor.proto.inspect import inspect_pb2 as pb

    return edge.edge_type in {pb.OUTPUT_EXCLUSIVE, pb.OUTPUT_SHARED}


def whole(edges: "list[inspect_pb2.ControllerDependencyEdge]") -> list[str]:
    lines = ["digraph {", "  rankdir=LR;"]
    for edge in edges:
        kind = f"{edge.resource_namespace}/{edge.resource_type}"
        ends = (edge.controller_name, kind) if _is_output(edge) else (kind, edge.controller_name)
        label = f' [label="{edge.resource_id}"]' if edge.resource_id else ""
        lines.append(f'  "{ends[0]}" -> "{ends[1]}"{label};')
    return [*lines, "}"]


def between(edges: "list[inspect_pb2.ControllerDependencyEdge]") -> list[str]:
    """Draw controllers alone: an arrow from who writes a kind to who reads it."""
    writers: dict[tuple[str, str], list[str]] = {}
    for edge in edges:
        if _is_output(edge):
            kind = (edge.resource_namespace, edge.resource_type)
            writers.setdefault(kind, []).append(edge.controller_name)
    lines = ["digraph {", "  rankdir=LR;"]
    for edge in edges:
        if not _is_output(edge):
            kind = (edge.resource_namespace, edge.resource_type)
            lines.extend(
                f'  "{writer}" -> "{edge.controller_name}" [label="{edge.resource_type}"];'
                for writer in writers.get(kind, ())
            )
    return [*lines, "}"]
