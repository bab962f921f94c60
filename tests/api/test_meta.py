"""Values of META over the API: kept in a partition, shown as resources."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.api.serving import refused, serving

from ichor.api.machine.meta import MetaService
from ichor.api.machine.power import IN_CONTAINER
from ichor.client.machine import Node
from ichor.controllers.runtime.meta import reconcile
from ichor.errors import FormatError
from ichor.formats import meta
from ichor.linux.meta import DiskMeta
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.runtime.ids import META_LOADED_ID
from ichor.resources.runtime.meta import MetaKey, MetaLoad
from ichor.rpc.status import Code, RpcError


def run(tmp_path: Path, found: DiskMeta | None, check: Callable[[Node], Awaitable[None]]) -> None:
    async def main() -> None:
        async with serving(tmp_path, MetaService(found).handlers()) as node:
            await check(node)

    asyncio.run(main())


def write(node: Node, key: int, value: bytes) -> Awaitable[pb.MetaWriteResponse]:
    request = pb.MetaWriteRequest(key=key, value=value)
    return node.call("MetaWrite", request, pb.MetaWriteResponse)


def delete(node: Node, key: int) -> Awaitable[pb.MetaDeleteResponse]:
    return node.call("MetaDelete", pb.MetaDeleteRequest(key=key), pb.MetaDeleteResponse)


@pytest.fixture
def partition(tmp_path: Path) -> Path:
    path = tmp_path / "meta"
    path.write_bytes(bytes(meta.SIZE))
    return path


def test_what_is_written_is_kept_until_it_is_deleted(tmp_path: Path, partition: Path) -> None:
    store = DiskMeta(lambda: partition)

    async def check(node: Node) -> None:
        await write(node, 12, b"mine")
        await write(node, 10, b"addresses: []")
        await write(node, 12, b"ours")
        assert set(reconcile(store.observe())) == {
            (META_LOADED_ID, MetaLoad(done=True)),
            ("0x0a", MetaKey(value="addresses: []")),
            ("0x0c", MetaKey(value="ours")),
        }
        await delete(node, 10)
        with pytest.raises(RpcError) as error:
            await delete(node, 10)
        refused(error.value, Code.NOT_FOUND, "no value of key 10")

    run(tmp_path, store, check)
    assert DiskMeta(lambda: partition).observe() == {12: b"ours"}
    assert partition.stat().st_size == meta.SIZE


@pytest.mark.parametrize(("key", "value"), [(0, b""), (256, b""), (12, bytes(meta.COPY))])
def test_what_has_no_place_is_refused_and_nothing_written(
    tmp_path: Path, partition: Path, key: int, value: bytes
) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as error:
            await write(node, key, value)
        refused(error.value, Code.INVALID_ARGUMENT)

    run(tmp_path, DiskMeta(lambda: partition), check)
    assert not any(partition.read_bytes())


def test_who_writes_meta_does_not_say_what_the_machine_runs(
    tmp_path: Path, partition: Path
) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as error:
            await write(node, 8, b'{"layers": []}')
        refused(error.value, Code.INVALID_ARGUMENT, "upgrade --stage")

    run(tmp_path, DiskMeta(lambda: partition), check)
    assert not any(partition.read_bytes())


def test_a_write_that_is_cut_off_leaves_one_or_the_other(partition: Path) -> None:
    store = DiskMeta(lambda: partition)
    store.change(lambda _: {12: b"old"})
    old = partition.read_bytes()
    store.change(lambda _: {12: b"new"})
    new = partition.read_bytes()
    for at in {*range(0, 2 * meta.COPY + 1, 16384), meta.COPY - 512, meta.COPY + 512}:
        state, second, first = bytearray(old), min(at, meta.COPY), max(0, at - meta.COPY)
        state[meta.COPY : meta.COPY + second] = new[meta.COPY : meta.COPY + second]
        state[:first] = new[:first]
        partition.write_bytes(state)
        assert store.observe() in ({12: b"old"}, {12: b"new"})


def test_a_torn_copy_is_the_first_to_be_written_again(partition: Path) -> None:
    store = DiskMeta(lambda: partition)
    store.change(lambda _: {12: b"old"})
    old = partition.read_bytes()
    for torn in (0, meta.COPY):
        partition.write_bytes(old[:torn] + b"torn" + old[torn + 4 :])
        assert store.observe() == {12: b"old"}
        store.change(lambda values: {**values, 10: b"x"})
        assert all(
            meta.is_whole(partition.read_bytes()[at : at + meta.COPY]) for at in (0, meta.COPY)
        )
        assert store.observe() == {10: b"x", 12: b"old"}


def test_what_is_not_whole_anywhere_is_begun_anew(partition: Path) -> None:
    partition.write_bytes(b"another's" * 100_000)
    store = DiskMeta(lambda: partition)
    with pytest.raises(FormatError):
        store.observe()
    store.change(lambda values: {**values, 10: b"x"})
    assert store.observe() == {10: b"x"}


def test_a_container_has_no_meta(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as error:
            await write(node, 12, b"")
        refused(error.value, Code.FAILED_PRECONDITION, IN_CONTAINER)

    run(tmp_path, None, check)
