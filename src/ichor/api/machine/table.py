"""Rows of the machine service or another: a method's name and types with what serves it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import stream_unary, unary_stream, unary_unary
from ichor.rpc.method import Q, R, method

SERVICE = "MachineService"


def unary(
    name: str,
    request: type[Q],
    response: type[R],
    call: Callable[[Q, Context], Awaitable[R]],
    service: str = SERVICE,
) -> Mapping[str, Handler]:
    found = method(pb, service, name, request, response)
    return {found.path: unary_unary(found, call)}


def streaming(
    name: str,
    request: type[Q],
    response: type[R],
    call: Callable[[Q, Context], AsyncIterator[R]],
    service: str = SERVICE,
) -> Mapping[str, Handler]:
    found = method(pb, service, name, request, response)
    return {found.path: unary_stream(found, call)}


def uploading(
    name: str,
    request: type[Q],
    response: type[R],
    call: Callable[[AsyncIterator[Q], Context], Awaitable[R]],
    service: str = SERVICE,
) -> Mapping[str, Handler]:
    found = method(pb, service, name, request, response)
    return {found.path: stream_unary(found, call)}
