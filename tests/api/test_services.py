import asyncio
from pathlib import Path

import pytest
from google.protobuf.message import Message
from tests.api.serving import refused, serving

from ichor.api.machine.service_control import ServiceControl
from ichor.ports.service import Start, State
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.runtime.service_spec import Exec, ServiceSpec
from ichor.rpc.status import Code, RpcError
from ichor.testing.service import FakeServices


def ask(tmp_path: Path, name: str, id: str) -> FakeServices:
    services = FakeServices()
    for each in ("kubelet", "apid", "ext-tool"):
        services.port.apply(Start(spec=ServiceSpec(id=each, program=Exec(argv=("/bin/x",)))))
    request: Message = getattr(pb, f"{name}Request")(id=id)
    reply: type[Message] = getattr(pb, f"{name}Response")

    async def run() -> None:
        async with serving(tmp_path, ServiceControl(services).handlers()) as node:
            await node.call(name, request, reply)

    asyncio.run(run())
    return services


def test_a_restart_stops_and_starts(tmp_path: Path) -> None:
    kubelet = ask(tmp_path, "ServiceRestart", "kubelet").observe()["kubelet"]
    assert (kubelet.state, kubelet.starts) == (State.RUNNING, 2)


def test_an_extension_may_be_stopped(tmp_path: Path) -> None:
    tool = ask(tmp_path, "ServiceStop", "ext-tool").observe()["ext-tool"]
    assert tool.state is State.FINISHED


@pytest.mark.parametrize(
    ("name", "id"),
    [("ServiceStop", "kubelet"), ("ServiceStart", "apid"), ("ServiceRestart", "apid")],
)
def test_what_makes_the_machine_is_not_touched(tmp_path: Path, name: str, id: str) -> None:
    with pytest.raises(RpcError) as caught:
        ask(tmp_path, name, id)
    refused(caught.value, Code.FAILED_PRECONDITION, id)


def test_an_unknown_service_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(RpcError) as caught:
        ask(tmp_path, "ServiceStart", "brew")
    refused(caught.value, Code.NOT_FOUND, "brew")
