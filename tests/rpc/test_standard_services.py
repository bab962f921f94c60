"""Health and reflection, and what importing the layer may cost."""

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from tests.rpc.echo import on_unix, run

from ichor.proto.grpc.health_pb2 import HealthCheckRequest, HealthCheckResponse
from ichor.proto.grpc.reflection_pb2 import ServerReflectionRequest
from ichor.rpc.client import Channel
from ichor.rpc.health import CHECK, WATCH, Health
from ichor.rpc.reflection import METHODS, reflection
from ichor.rpc.server import Server
from ichor.rpc.status import RpcError


def test_health_is_checked_and_watched(tmp_path: Path) -> None:
    health = Health()

    async def use(channel: Channel) -> None:
        assert (await channel.unary(CHECK, HealthCheckRequest())).status == 1
        with pytest.raises(RpcError, match="NOT_FOUND"):
            await channel.unary(CHECK, HealthCheckRequest(service="a.B"))
        async with channel.stream(WATCH) as watch:
            await watch.send(HealthCheckRequest(service="a.B"))
            await watch.done()
            seen = []
            for serving in (True, False):
                reply = await watch.receive()
                assert reply is not None
                seen.append(reply.status)
                health.set("a.B", serving=serving)
            reply = await watch.receive()
            assert reply is not None
            seen.append(reply.status)
        assert seen == [
            HealthCheckResponse.SERVICE_UNKNOWN,
            HealthCheckResponse.SERVING,
            HealthCheckResponse.NOT_SERVING,
        ]

    run(on_unix(tmp_path / "s", Server(health.handlers()), use))


def test_reflection_lists_services_and_gives_their_files(tmp_path: Path) -> None:
    async def use(channel: Channel) -> None:
        async with channel.stream(METHODS[0]) as asking:
            await asking.send(ServerReflectionRequest(list_services=""))
            reply = await asking.receive()
            assert reply is not None
            names = [service.name for service in reply.list_services_response.service]
            assert names == ["grpc.health.v1.Health"]
            await asking.send(ServerReflectionRequest(file_containing_symbol=names[0]))
            reply = await asking.receive()
            assert reply is not None
            (raw,) = reply.file_descriptor_response.file_descriptor_proto
            file = FileDescriptorProto.FromString(raw)
            assert file.service[0].name == "Health"
            await asking.send(ServerReflectionRequest(file_by_filename=file.name))
            reply = await asking.receive()
            assert reply is not None
            assert list(reply.file_descriptor_response.file_descriptor_proto) == [raw]
            await asking.send(ServerReflectionRequest(file_containing_symbol="no.Such"))
            reply = await asking.receive()
            assert reply is not None
            assert reply.error_response.error_code == 5

    run(on_unix(tmp_path / "s", Server(reflection(["grpc.health.v1.Health"])), use))


def test_importing_the_layer_brings_in_neither_cryptography_nor_grpcio() -> None:
    code = (
        "import sys, ichor.rpc.server, ichor.rpc.client, ichor.rpc.proxy\n"
        "print(*sorted({'cryptography', 'grpc', 'unittest', 'ctypes'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ""
