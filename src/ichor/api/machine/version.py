"""Version: of the interface, with ours as build metadata: clients choose their ways by it."""

import platform
from collections.abc import Mapping

from google.protobuf.empty_pb2 import Empty

from ichor import __version__
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method

INTERFACE = "v1.14.0"
_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}


def handlers(platform_name: str, mode: str) -> Mapping[str, Handler]:
    """Make the handlers of a machine on that platform (`container`, `metal`, ...)."""
    version = method(pb, "MachineService", "Version", Empty, pb.VersionResponse)
    answer = pb.Version(
        version=pb.VersionInfo(
            tag=f"{INTERFACE}+ichor.{__version__}",
            go_version=f"python{platform.python_version()}",
            os="linux",
            arch=_ARCH.get(platform.machine(), platform.machine()),
        ),
        platform=pb.PlatformInfo(name=platform_name, mode=mode),
        features=pb.FeaturesInfo(rbac=True),
    )

    async def serve(request: Empty, context: Context) -> pb.VersionResponse:
        return pb.VersionResponse(messages=[answer])

    return {version.path: unary_unary(version, serve)}
