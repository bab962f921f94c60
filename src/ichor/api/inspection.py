"""InspectService: the graph of controllers and kinds, as the engine has it."""

from collections.abc import Callable, Mapping, Sequence

from google.protobuf.empty_pb2 import Empty

from ichor.cosi.controller import Controller
from ichor.cosi.graph import Edge, EdgeType, edges
from ichor.proto.inspect import inspect_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method

_TYPES: Mapping[EdgeType, pb.DependencyEdgeType] = {
    EdgeType.OUTPUT_EXCLUSIVE: pb.OUTPUT_EXCLUSIVE,
    EdgeType.OUTPUT_SHARED: pb.OUTPUT_SHARED,
    EdgeType.INPUT_STRONG: pb.INPUT_STRONG,
    EdgeType.INPUT_WEAK: pb.INPUT_WEAK,
}


def handlers(controllers: Callable[[], Sequence[Controller]]) -> Mapping[str, Handler]:
    found = method(
        pb,
        "InspectService",
        "ControllerRuntimeDependencies",
        Empty,
        pb.ControllerRuntimeDependenciesResponse,
    )

    async def serve(request: Empty, context: Context) -> pb.ControllerRuntimeDependenciesResponse:
        message = pb.ControllerRuntimeDependency(edges=map(_edge, edges(controllers())))
        return pb.ControllerRuntimeDependenciesResponse(messages=[message])

    return {found.path: unary_unary(found, serve)}


def _edge(edge: Edge) -> pb.ControllerDependencyEdge:
    return pb.ControllerDependencyEdge(
        controller_name=edge.controller,
        edge_type=_TYPES[edge.edge],
        resource_namespace=edge.namespace,
        resource_type=edge.type,
        resource_id=edge.id,
    )
