import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import pytest
from tests.peers.kube_server import FakeApi, running

from ichor.controllers.k8s.manifest_apply import plan
from ichor.errors import Conflict, IchorError, InputError, NotFound, TransientError
from ichor.formats.jsonvalue import Object, text
from ichor.models.manifests import model
from ichor.peers.http1 import Origin
from ichor.peers.kube import Access, KubeClient
from ichor.peers.kube_manifests import KubeManifests
from ichor.ports.kube import Key, Kind, Listing, Patch, Ref, Select
from ichor.ports.manifests import Create

NODE = Kind("v1", "Node")
CONFIG = Kind("v1", "ConfigMap")


def node(name: str, **more: object) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, **more}


def config(name: str, namespace: str = "") -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


@asynccontextmanager
async def cluster() -> AsyncIterator[tuple[FakeApi, KubeClient]]:
    api = FakeApi()
    async with running(api) as port:
        access = Access(origin=Origin(host="127.0.0.1", port=port), token="t0")
        kube = KubeClient(access, timeout_s=5)
        try:
            yield api, kube
        finally:
            await kube.close()


def run(test: Callable[[FakeApi, KubeClient], Coroutine[Any, Any, None]]) -> None:
    async def inside() -> None:
        async with asyncio.timeout(20), cluster() as (api, kube):
            await test(api, kube)

    asyncio.run(inside())


def test_an_object_is_created_read_changed_and_deleted_over_one_connection() -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        made = await kube.create(node("n1"), manager="ichor")
        assert text(made, "metadata", "resourceVersion") == "11"
        assert text(await kube.get(Ref(NODE, "n1")), "metadata", "name") == "n1"
        await kube.update(node("n1", spec={"podCIDR": "10.0.0.0/24"}))
        assert text(await kube.get(Ref(NODE, "n1")), "spec", "podCIDR") == "10.0.0.0/24"
        await kube.delete(Ref(NODE, "n1"))
        with pytest.raises(NotFound):
            await kube.get(Ref(NODE, "n1"))
        assert api.connections == 1
        assert api.requests[1][1] == "/api/v1/nodes?fieldManager=ichor"
        assert {head["authorization"] for _, _, head, _ in api.requests} == {"Bearer t0"}

    run(check)


def test_paths_follow_group_namespace_and_sub_resource() -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        await kube.create(config("a", "kube-system"))
        await kube.create(config("b"))
        daemon: Object = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "d"}}
        await kube.apply(daemon, manager="talos")
        await kube.create(node("n1"))
        await kube.patch(Ref(NODE, "n1"), {"status": {}}, Patch.STRATEGIC)
        with pytest.raises(NotFound):
            await kube.patch(Ref(NODE, "n1"), {"status": {}}, subresource="status")
        assert api.requests[-1][1] == "/api/v1/nodes/n1/status"
        calls = [(method, target) for method, target, _, _ in api.requests]
        assert ("POST", "/api/v1/namespaces/kube-system/configmaps") in calls
        assert ("POST", "/api/v1/namespaces/default/configmaps") in calls
        applied = "/apis/apps/v1/namespaces/default/daemonsets/d?fieldManager=talos&force=true"
        assert ("PATCH", applied) in calls
        media = [head["content-type"] for method, _, head, _ in api.requests if method == "PATCH"]
        assert media[:2] == ["application/apply-patch+yaml", Patch.STRATEGIC.value]

    run(check)


def test_discovery_is_asked_once_for_a_group_and_again_for_an_unknown_kind() -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        await kube.list(NODE)
        await kube.list(CONFIG)
        assert [target for _, target, _, _ in api.requests].count("/api/v1") == 1
        for _ in range(2):
            with pytest.raises(TransientError, match="does not serve Wombat in v1"):
                await kube.list(Kind("v1", "Wombat"))
        assert [target for _, target, _, _ in api.requests].count("/api/v1") == 3
        with pytest.raises(TransientError, match="does not serve zoo/v1"):
            await kube.list(Kind("zoo/v1", "Wombat"))

    run(check)


def test_a_list_reads_every_page_and_gives_items_their_kind() -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        for number in range(5):
            item = {"metadata": {"name": f"n{number}"}}
            api.put(f"/api/v1/nodes/n{number}", item, "ADDED")
        listing = await kube.list(NODE, Select(labels="a=b", fields="metadata.name!=x"))
        assert [key.name for key in listing.items] == ["n0", "n1", "n2", "n3", "n4"]
        assert {text(item, "kind") for item in listing.items.values()} == {"Node"}
        assert listing.resource_version == "15"
        assert "labelSelector=a%3Db&fieldSelector=metadata.name%21%3Dx" in api.requests[-1][1]

    run(check)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (409, Conflict),
        (404, NotFound),
        (422, InputError),
        (403, TransientError),
        (503, TransientError),
    ],
)
def test_a_refusal_becomes_the_error_its_receiver_can_act_on(
    status: int, error: type[IchorError]
) -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        await kube.list(NODE)
        api.refusals.append(
            (status, {"message": "for a reason", "details": {"retryAfterSeconds": 7}})
        )
        with pytest.raises(error, match="for a reason") as caught:
            await kube.get(Ref(NODE, "n1"))
        if isinstance(caught.value, TransientError):
            assert caught.value.retry_after == timedelta(seconds=7)

    run(check)


def test_a_connection_the_server_closed_meanwhile_is_replaced_unseen() -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        api.hang_up = True
        await kube.list(NODE)
        await kube.list(NODE)
        assert api.connections == 3

    run(check)


def test_nobody_there_is_a_transient_error() -> None:
    async def check() -> None:
        kube = KubeClient(Access(origin=Origin(host="127.0.0.1", port=1)))
        with pytest.raises(TransientError):
            await kube.list(NODE)
        assert not await kube.ready()

    asyncio.run(check())


def test_applied_manifests_are_seen_as_the_model_says() -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        port = KubeManifests(kube)
        wanted: list[Object] = [
            config("a", "kube-system"),
            node("n1"),
            {"apiVersion": "zoo/v1", "kind": "Wombat", "metadata": {"name": "w"}},
        ]
        await kube.create(node("n1"))
        observed = await port.observe(wanted)
        assert {one.kind for one in observed.present} == {"Node"}
        actions = list(plan(wanted[:2], observed))
        assert len(actions) == 2
        for action in actions:
            await port.apply(action)
            observed = model(observed, action)
        assert await port.observe(wanted) == observed
        assert list(plan(wanted[:2], observed)) == []
        await port.apply(Create(node("n1")))  # somebody was faster

    run(check)


async def following(watch: AsyncIterator[Listing]) -> set[str]:
    return {key.name for key in (await anext(watch)).items}


def test_a_watch_yields_the_collection_and_then_every_change() -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        api.put("/api/v1/nodes/n1", node("n1"), "ADDED")
        async with aclosing(cast("Any", kube.watch(NODE))) as watch:
            assert await following(watch) == {"n1"}
            pending = asyncio.ensure_future(following(watch))
            await api.until_watched()
            await api.change("/api/v1/nodes/n2", node("n2"), "ADDED")
            assert await pending == {"n1", "n2"}
            await api.change("/api/v1/nodes/n2", node("n2", spec={"podCIDR": "x"}), "MODIFIED")
            listing = await anext(watch)
            assert text(listing.items[Key("", "n2")], "spec", "podCIDR") == "x"
            await api.change("/api/v1/nodes/n1", node("n1"), "DELETED")
            assert await following(watch) == {"n2"}

    run(check)


def test_a_watch_that_the_server_ends_goes_on_from_its_last_version() -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        async with aclosing(cast("Any", kube.watch(NODE))) as watch:
            assert await following(watch) == set()
            pending = asyncio.ensure_future(following(watch))
            await api.until_watched()
            await api.finish_watches()
            await api.until_watched(2)
            await api.change("/api/v1/nodes/n1", node("n1"), "ADDED")
            assert await pending == {"n1"}
            assert sum("limit=" in target for _, target, _, _ in api.requests) == 1

    run(check)


def test_a_version_that_is_gone_makes_the_watch_list_again() -> None:
    async def check(api: FakeApi, kube: KubeClient) -> None:
        async with aclosing(cast("Any", kube.watch(NODE))) as watch:
            assert await following(watch) == set()
            pending = asyncio.ensure_future(following(watch))
            await api.until_watched()
            api.compacted = api.version + 1
            api.put("/api/v1/nodes/n9", node("n9"), "ADDED")
            api.events.clear()
            await api.finish_watches()
            assert await pending == {"n9"}

    run(check)
