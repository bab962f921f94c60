"""Three control planes and a worker lose a node, a service or a disk, and nothing that was said."""

import asyncio
import shutil
import time
from collections.abc import Callable

import pytest
from tests.ha import living
from tests.ha.living import Living, Writer, host_writer, launches, until, worker_writer

from ichor.provision import control, record
from ichor.provision.control import Verb
from ichor.provision.record import Node

pytestmark = [pytest.mark.cluster, pytest.mark.root]
NODES = ("controlplane-1", "controlplane-2", "controlplane-3", "worker-1")
OF_PLANE = (
    "apid",
    "trustd",
    "zygote",
    "containerd",
    "kubelet",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
)
OF_WORKER = ("apid", "zygote", "containerd", "kubelet")
WRITES_GO_ON_S, BACK_S = 30.0, 120.0


def named(cluster: Living, short: str) -> Node:
    return next(node for node in cluster.cluster.nodes if node.name.endswith(short))


def all_well(cluster: Living, since: float = 0) -> Callable[[], "asyncio.Future[str]"]:
    async def ask() -> str:
        answers = await asyncio.gather(
            *(living.well(cluster, node, since) for node in cluster.cluster.nodes)
        )
        return next((one for one in answers if one), "")

    return ask  # type: ignore[return-value]  # a coroutine function is awaited the same way


def nothing_is_lost(cluster: Living, *writers: Writer) -> None:
    for writer in writers:
        assert writer.acknowledged, writer.errors
        assert living.lost(cluster, writer) == []


@pytest.mark.parametrize("short", NODES)
def test_a_node_dies_and_writes_go_on_and_it_comes_back(cluster: Living, short: str) -> None:
    node = named(cluster, short)
    until(all_well(cluster), BACK_S)
    host, worker = host_writer(cluster, f"{short}-host"), worker_writer(cluster, f"{short}-prism")
    writers = [host] if node.role == living.WORKER else [host, worker]
    with living.writing(*writers):
        before, moment, wall = launches(node), time.monotonic(), time.time()
        living.kill(living.init_of(node))
        back = until(all_well(cluster, since=wall), BACK_S)
        pauses = [writer.pause_after(moment) for writer in writers]
    print(f"{short}: writes paused {pauses}, whole again after {back:.1f} s")
    assert launches(node) == before + 1
    assert max(pauses) < WRITES_GO_ON_S
    nothing_is_lost(cluster, *writers)


@pytest.mark.parametrize(
    ("short", "service"),
    [
        *(("controlplane-2", one) for one in OF_PLANE),
        *(("worker-1", one) for one in OF_WORKER),
    ],
)
def test_a_service_dies_and_comes_back(cluster: Living, short: str, service: str) -> None:
    node = named(cluster, short)
    until(all_well(cluster), BACK_S)
    writer = host_writer(cluster, f"{short}-{service}")
    (old,) = living.pids(node, service)
    with living.writing(writer):
        moment, before = time.monotonic(), launches(node)
        living.kill(old)

        async def anew() -> str:
            return "" if [pid for pid in living.pids(node, service) if pid != old] else service

        back = until(anew, BACK_S)
        whole = back + until(all_well(cluster), BACK_S)
        pause = writer.pause_after(moment)
    print(f"{short} {service}: back after {back:.1f} s, whole {whole:.1f} s, pause {pause:.1f} s")
    assert launches(node) == before
    assert pause < WRITES_GO_ON_S
    nothing_is_lost(cluster, writer)


def test_a_member_whose_data_is_gone_joins_anew(cluster: Living) -> None:
    node, other = named(cluster, "controlplane-3"), named(cluster, "controlplane-1")
    until(all_well(cluster), BACK_S)
    old, _ = asyncio.run(living.members(cluster, other))[node.name]
    writer = host_writer(cluster, "wiped")
    directory = record.node_directory(node.cluster, node.name)
    with living.writing(writer):
        control.call(directory, Verb.CUT)
        shutil.rmtree(directory / "var/lib/etcd")
        wall = time.time()
        control.call(directory, Verb.START)
        back = until(all_well(cluster, since=wall), BACK_S)
    members = asyncio.run(living.members(cluster, other))
    print(f"wiped member is a voter again after {back:.1f} s")
    assert len(members) == 3
    assert members[node.name][0] != old
    nothing_is_lost(cluster, writer)
