"""A method as both ends know it: path, message types, and which sides stream."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import DecodeError, Message

from ichor.proto.methods import methods
from ichor.rpc.status import Code, RpcError

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Method(Generic[Q, R]):
    """path is `/package.Service/Method`."""

    path: str
    request: type[Q]
    response: type[R]
    client_streaming: bool = False
    server_streaming: bool = False


def parse(kind: type[M], body: bytes) -> M:
    """Read a message; bytes that are none give INTERNAL, as other gRPC stacks say."""
    try:
        return kind.FromString(body)
    except DecodeError:
        raise RpcError(Code.INTERNAL, f"the body is no {kind.DESCRIPTOR.full_name}") from None


class Generated(Protocol):
    """A module that protoc made."""

    @property
    def DESCRIPTOR(self) -> FileDescriptor: ...  # noqa: N802 - protoc names it


def method(
    module: Generated, service: str, name: str, request: type[Q], response: type[R]
) -> Method[Q, R]:
    """Give a service's method with types a checker knows. Raises TypeError if they are others."""
    found = methods(module, service)[name]
    if (found.request, found.response) != (request, response):
        raise TypeError(f"{found.path} takes {found.request} and gives {found.response}")
    return Method(found.path, request, response, found.client_streaming, found.server_streaming)
