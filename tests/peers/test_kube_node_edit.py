import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.peers.kube_server import FakeApi, running

from ichor.errors import TransientError
from ichor.peers.http1 import Origin
from ichor.peers.kube import Access
from ichor.peers.kube_node_edit import OwnNode
from ichor.ports.kube_node_edit import NodeMeta, Taint

PATH = "/api/v1/nodes/n"
NOT_READY = {"key": "not-ready", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"}


def run(test: Callable[[FakeApi, OwnNode], Coroutine[Any, Any, None]]) -> None:
    async def inside() -> None:
        api = FakeApi()
        node = {"kind": "Node", "metadata": {"name": "n"}, "spec": {"taints": [NOT_READY]}}
        api.put(PATH, node, "ADDED")
        async with asyncio.timeout(20), running(api) as port:
            access = Access(origin=Origin(host="127.0.0.1", port=port), token="t0")
            await test(api, OwnNode((lambda: access,), lambda: "n"))

    asyncio.run(inside())


def patches(api: FakeApi) -> list[str]:
    return [headers["content-type"] for method, _, headers, _ in api.requests if method == "PATCH"]


def test_taints_are_replaced_as_a_list_that_keeps_what_others_wrote() -> None:
    async def check(api: FakeApi, own: OwnNode) -> None:
        seen = await own.observe()
        assert seen is not None
        assert seen.taints == (Taint("not-ready", "", "NoExecute"),)
        ours = Taint("dedicated", "db", "NoSchedule")
        await own.apply(NodeMeta(name="n", taints=(ours, *seen.taints), version=seen.version))
        written = {"key": "dedicated", "effect": "NoSchedule", "value": "db"}
        assert api.objects[PATH]["spec"]["taints"] == [written, NOT_READY]

    run(check)


def test_taints_that_are_left_as_they_are_are_not_written() -> None:
    async def check(api: FakeApi, own: OwnNode) -> None:
        await own.apply(NodeMeta(name="n", labels={"a": "b"}))
        assert patches(api) == ["application/apply-patch+yaml"]

    run(check)


def test_a_taint_that_another_removed_meanwhile_does_not_come_back() -> None:
    async def check(api: FakeApi, own: OwnNode) -> None:
        seen = await own.observe()
        assert seen is not None
        assert seen.taints is not None
        api.put(PATH, {"kind": "Node", "metadata": {"name": "n"}, "spec": {}}, "MODIFIED")
        ours = Taint("dedicated", "db", "NoSchedule")
        with pytest.raises(TransientError, match="has changed"):
            await own.apply(NodeMeta(name="n", taints=(ours, *seen.taints), version=seen.version))
        assert patches(api) == []
        again = await own.observe()
        assert again is not None
        await own.apply(NodeMeta(name="n", taints=(ours,), version=again.version))
        assert [one["key"] for one in api.objects[PATH]["spec"]["taints"]] == ["dedicated"]

    run(check)


def test_a_node_that_changes_at_that_moment_is_looked_at_again() -> None:
    async def check(api: FakeApi, own: OwnNode) -> None:
        seen = await own.observe()
        assert seen is not None
        answer = api.answer

        def refusing(method: str, target: str, body: bytes) -> tuple[int, dict[str, Any]]:
            if method == "PATCH":
                return 409, {"kind": "Status", "message": "the object has been modified"}
            return answer(method, target, body)

        api.answer = refusing  # type: ignore[method-assign]  # refused after the reads
        with pytest.raises(TransientError):
            await own.apply(NodeMeta(name="n", taints=(), version=seen.version))

    run(check)
