"""While a server is asked for the configuration nobody else gives one; else anybody may."""

import asyncio
from pathlib import Path

import pytest
from tests.api.serving import CLOCK, memory, serving
from tests.config import samples

from ichor.api.machine.configuration import ConfigurationService
from ichor.config.encode import encode
from ichor.cosi.resource import resource
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.config.source import PLATFORM, ConfigSource, SourceState
from ichor.resources.runtime.boot import BootID
from ichor.resources.runtime.ids import BOOT_ID_ID
from ichor.rpc.status import Code, RpcError


def apply(work: Path, source: ConfigSource) -> None:
    state = memory()
    state.create(resource(BootID(boot_id="b"), BOOT_ID_ID))
    state.create(resource(source, PLATFORM))
    served = ConfigurationService(state, lambda _: frozenset(), CLOCK.now, "metal")
    request = pb.ApplyConfigurationRequest(data=encode(samples.worker()).encode())
    request.mode = pb.ApplyConfigurationRequest.AUTO

    async def run() -> None:
        async with serving(work, served.handlers()) as node:
            await node.call("ApplyConfiguration", request, pb.ApplyConfigurationResponse)

    asyncio.run(run())


@pytest.mark.parametrize(
    "state",
    [SourceState.WAITING, SourceState.ASKING, SourceState.FAILED],
    ids=lambda one: one.value,
)
def test_who_asks_a_server_takes_no_other(tmp_path: Path, state: SourceState) -> None:
    detail = "http://192.0.2.1/c: status 404"
    with pytest.raises(RpcError, match=r"asked for elsewhere.*404") as caught:
        apply(tmp_path, ConfigSource(state=state, detail=detail, remote=True))
    assert caught.value.code is Code.FAILED_PRECONDITION


@pytest.mark.parametrize(
    "source",
    [
        ConfigSource(state=SourceState.ABSENT, remote=True),
        ConfigSource(state=SourceState.PARTIAL, remote=True),
        ConfigSource(state=SourceState.ASKING, detail="a disk labelled metal-iso"),
        ConfigSource(state=SourceState.FAILED, detail="unknown platform"),
    ],
    ids=lambda one: f"{one.state.value} {one.detail}",
)
def test_else_anybody_may_apply_one(tmp_path: Path, source: ConfigSource) -> None:
    apply(tmp_path, source)
