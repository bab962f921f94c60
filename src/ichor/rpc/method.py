"""A method as both ends know it: path, message types, and which sides stream."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import DecodeError, Message

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
