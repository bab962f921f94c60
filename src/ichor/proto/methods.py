"""The methods of a service, read from its descriptor when first asked for.

methods(machine_pb2, "MachineService")["Version"] -> Method("/machine.MachineService/Version", ...)

What grpcio's stubs would say, without a module of code for each service.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, Protocol

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass


class Method(NamedTuple):
    """path: as on the wire, `/package.Service/Name`."""

    path: str
    request: type[Message]
    response: type[Message]
    client_streaming: bool
    server_streaming: bool


class Generated(Protocol):
    """A module that protoc made."""

    @property
    def DESCRIPTOR(self) -> FileDescriptor: ...  # noqa: N802 - protoc names it


def methods(module: Generated, service: str) -> Mapping[str, Method]:
    """Name -> method. Raises KeyError if the module's package has no such service."""
    return _methods(module.DESCRIPTOR, service)


@cache
def _methods(file: FileDescriptor, service: str) -> Mapping[str, Method]:
    found = file.services_by_name[service]
    return {
        method.name: Method(
            f"/{found.full_name}/{method.name}",
            GetMessageClass(method.input_type),
            GetMessageClass(method.output_type),
            method.client_streaming,
            method.server_streaming,
        )
        for method in found.methods
    }
