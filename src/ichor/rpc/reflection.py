"""grpc.reflection.v1: what a server offers, out of protobuf's descriptor pool.

v1alpha has the same messages under another name; older tools ask for it first.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor

from ichor.proto.grpc.reflection_pb2 import (
    ErrorResponse,
    ServerReflectionRequest,
    ServerReflectionResponse,
    ServiceResponse,
)
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import stream_stream
from ichor.rpc.method import Method
from ichor.rpc.status import Code

METHODS = tuple(
    Method(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        ServerReflectionRequest,
        ServerReflectionResponse,
        client_streaming=True,
        server_streaming=True,
    )
    for version in ("v1", "v1alpha")
)


def reflection(services: Iterable[str]) -> dict[str, Handler]:
    """Make the handlers; services: full names, as of machine.MachineService."""
    answer = partial(_answer_all, sorted(services))
    return {method.path: stream_stream(method, answer) for method in METHODS}


async def _answer_all(
    services: list[str], requests: AsyncIterator[ServerReflectionRequest], _: Context
) -> AsyncIterator[ServerReflectionResponse]:
    async for request in requests:
        response = ServerReflectionResponse(valid_host=request.host, original_request=request)
        _answer(services, request, response)
        yield response


def _answer(
    services: list[str], request: ServerReflectionRequest, response: ServerReflectionResponse
) -> None:
    pool = descriptor_pool.Default()
    kind = request.WhichOneof("message_request")
    try:
        if kind == "list_services":
            names = [ServiceResponse(name=name) for name in services]
            response.list_services_response.service.extend(names)
        elif kind == "file_by_filename":
            _give(pool.FindFileByName(request.file_by_filename), response)
        elif kind == "file_containing_symbol":
            _give(pool.FindFileContainingSymbol(request.file_containing_symbol), response)
        else:  # extensions are of proto2, which nothing of ours uses
            _refuse(response, Code.UNIMPLEMENTED, f"{kind} is not supported")
    except KeyError:
        _refuse(response, Code.NOT_FOUND, "not found")


def _refuse(response: ServerReflectionResponse, code: Code, message: str) -> None:
    error = ErrorResponse(error_code=int(code), error_message=message)
    response.error_response.CopyFrom(error)


def _give(file: FileDescriptor, response: ServerReflectionResponse) -> None:
    files = {one.name: one.serialized_pb for one in _with_imports(file)}
    response.file_descriptor_response.file_descriptor_proto.extend(files.values())


def _with_imports(file: FileDescriptor) -> Iterator[FileDescriptor]:
    yield file
    for imported in file.dependencies:
        yield from _with_imports(imported)
