"""A cluster is turned off and on again, by its owner or by the host, and nothing is lost."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.ha import living
from tests.ha.living import Living, host_writer, until
from tests.ha.test_departure import DOOMED, ask, kubernetes, member_ids, run_a_pod, state
from tests.ha.test_survival import BACK_S, all_well, named, nothing_is_lost

from ichor.errors import TransientError
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import control, record
from ichor.provision.control import Verb
from ichor.provision.life import State as Life
from ichor.provision.life import Status, describe
from ichor.provision.record import Node

pytestmark = [pytest.mark.cluster, pytest.mark.root]
CLEAN = describe(signal.SIGINT)  # what the kernel ends an init with that powered off
GRACE_S = 120


def ichor(cluster: Living, *words: str) -> None:
    program = str(Path(sys.executable).with_name("ichor"))
    name = cluster.cluster.name
    subprocess.run([program, "cluster", *words, "--name", name], check=True, timeout=2 * GRACE_S)


def status(node: Node) -> Status | None:
    try:
        return control.call(record.node_directory(node.cluster, node.name), Verb.STATUS)
    except TransientError:
        return None


def remove_the_pod(cluster: Living) -> None:
    """Delete it, and wait until its name is free: a pod that ends keeps it for its grace."""

    async def delete() -> None:
        client = cluster.through(cluster.forwarders()[0])
        try:
            await client.delete(DOOMED)
        finally:
            await client.close()

    async def gone() -> str:
        return "" if await kubernetes(cluster, DOOMED) is None else "the pod is still there"

    asyncio.run(delete())
    until(gone, BACK_S)


def test_a_cluster_that_is_stopped_ends_cleanly_and_is_the_same_when_it_starts(
    cluster: Living,
) -> None:
    until(all_well(cluster), BACK_S)
    first = cluster.planes[0]
    run_a_pod(cluster, cluster.worker)
    writer = host_writer(cluster, "stopped")
    with living.writing(writer):
        before = member_ids(cluster, first)
    begin = time.monotonic()
    ichor(cluster, "stop", "--grace", f"{GRACE_S}s")
    took = time.monotonic() - begin
    ends = {
        node.name: (state(node), (status(node) or Status(state=Life.STOPPED)).last_end)
        for node in cluster.cluster.nodes
    }
    assert ends == {node.name: (Life.STOPPED, CLEAN) for node in cluster.cluster.nodes}
    wall = time.time()
    ichor(cluster, "start")
    back = until(all_well(cluster, since=wall), 2 * BACK_S)
    print(f"stopped in {took:.1f} s, well again {back:.1f} s after its start")
    assert member_ids(cluster, first) == before
    nothing_is_lost(cluster, writer)
    remove_the_pod(cluster)


def test_a_host_that_goes_down_lets_its_nodes_end_cleanly(cluster: Living) -> None:
    until(all_well(cluster), BACK_S)
    node = named(cluster, "worker-1")
    before = status(node)
    assert before is not None
    os.kill(before.keeper, signal.SIGTERM)

    async def ended() -> str:
        return "" if status(node) is None else f"the keeper of {node.name} still answers"

    took = until(ended, BACK_S)
    log = record.node_directory(node.cluster, node.name) / "keeper.log"
    ends = [line for line in log.read_text().splitlines() if "init ended" in line]
    assert f"meaning=power-off how='{CLEAN}'" in ends[-1]
    wall = time.time()
    ichor(cluster, "start")
    until(all_well(cluster, since=wall), BACK_S)
    print(f"its keeper ended after {took:.1f} s")


def test_pods_are_given_their_time_before_a_reboot(cluster: Living) -> None:
    until(all_well(cluster), BACK_S)
    node = named(cluster, "worker-1")
    run_a_pod(cluster, node)
    console = record.node_directory(node.cluster, node.name) / record.CONSOLE
    said, number, wall = len(console.read_text()), living.launches(node), time.time()
    begin = time.monotonic()
    ask(cluster, node, "Reboot", pb.RebootRequest(), pb.RebootResponse)

    async def rebooted() -> str:
        return "" if living.launches(node) > number else f"{node.name} is to boot again"

    until(rebooted, BACK_S)
    down = time.monotonic() - begin
    until(all_well(cluster, since=wall), BACK_S)
    statuses = re.findall(
        r"container of a pod ended id=\S+ status=(\d+)", console.read_text()[said:]
    )
    print(f"down {down:.1f} s after it was asked for; containers ended with {statuses}")
    assert statuses[0] == "0"  # the user's pod is first, and what it serves with ends by itself
    remove_the_pod(cluster)
