"""An administrator lets older images run, and nothing else by that."""

import asyncio
from pathlib import Path

import pytest
from tests.api.serving import refused, serving

from ichor.api.machine.generation import GenerationService
from ichor.client.machine import Node
from ichor.models.generation import model
from ichor.ports.generation import Action, Least
from ichor.proto.ichor import image_pb2 as pb
from ichor.rpc.status import Code, RpcError


class Held:
    def __init__(self, least: Least) -> None:
        self.least = least

    def observe(self) -> Least:
        return self.least

    def apply(self, action: Action) -> None:
        self.least = model(self.least, action)


async def allow(node: Node, least: int) -> int:
    request = pb.AllowOlderRequest(least=least)
    answer = pb.AllowOlderResponse
    done = await node.call("AllowOlder", request, answer, module=pb, service="Image")
    return done.before


def test_older_ones_are_allowed_and_newer_ones_never_asked_for(tmp_path: Path) -> None:
    """A least above what was remembered would keep every image from starting."""
    held = Held(Least(3))

    async def main() -> None:
        async with serving(tmp_path, GenerationService(held).handlers()) as node:
            with pytest.raises(RpcError) as error:
                await allow(node, 4)
            refused(error.value, Code.INVALID_ARGUMENT, "expected 3 at most")
            assert held.least == Least(3)
            assert await allow(node, 1) == 3
            assert held.least == Least(1, is_allowed=True)
            assert await allow(node, 0) == 1

    asyncio.run(main())
