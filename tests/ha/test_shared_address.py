"""Three control planes share an address: one has it, and another when that one dies."""

import asyncio
import time

import msgspec
import pytest
from tests.ha import living
from tests.ha.living import Living, resources, until
from tests.ha.test_survival import BACK_S, all_well

from ichor.client.machine import secure
from ichor.peers.http1 import Origin
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import name as names
from ichor.provision.record import Node
from ichor.provision.syscalls import network_namespace
from ichor.resources.config.active import ID
from ichor.resources.config.machine import MachineConfig
from ichor.resources.network.address import AddressStatus

pytestmark = [pytest.mark.cluster, pytest.mark.root]
SHARED = "10.12.0.200"
DOCUMENT = f"""
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: {SHARED}
link: eth0
"""
ELECTED_S, MOVED_S = 60.0, 30.0


async def share(cluster: Living, node: Node) -> None:
    held = (await resources(cluster, node, MachineConfig))[ID]
    assert isinstance(held, MachineConfig)
    request = pb.ApplyConfigurationRequest(
        data=(held.text + DOCUMENT).encode(), mode=pb.ApplyConfigurationRequest.NO_REBOOT
    )
    alone = msgspec.structs.replace(cluster.context, nodes=())
    async with secure(alone, endpoints=[f"127.0.0.1:{node.forward('api')}"]) as connection:
        await connection.nodes[0].call("ApplyConfiguration", request, pb.ApplyConfigurationResponse)


async def has_it(cluster: Living, node: Node) -> bool:
    return f"eth0/{SHARED}/32" in await resources(cluster, node, AddressStatus)


async def holders(cluster: Living, *without: Node) -> list[Node]:
    asked = [node for node in cluster.planes if node not in without]
    found = await asyncio.gather(*(has_it(cluster, node) for node in asked))
    return [node for node, has in zip(asked, found, strict=True) if has]


def answers(cluster: Living) -> float:
    """Wait until the Kubernetes API answers the worker there; give how long that took."""

    async def ask() -> str:
        client = cluster.through(Origin(host=SHARED, port=6443))
        try:
            return "" if await client.ready() else f"{SHARED} does not answer"
        finally:
            await client.close()

    with network_namespace(names.namespace(cluster.cluster.name, cluster.worker.name)):
        return until(ask, MOVED_S)


def test_an_address_is_shared_and_moves_when_its_holder_dies(cluster: Living) -> None:
    until(all_well(cluster), BACK_S)
    for node in cluster.planes:
        asyncio.run(share(cluster, node))

    async def elected() -> str:
        found = await holders(cluster)
        return "" if len(found) == 1 else f"{[node.name for node in found]} have {SHARED}"

    first = until(elected, ELECTED_S)
    answers(cluster)
    (holder,) = asyncio.run(holders(cluster))
    wall = time.time()
    living.kill(living.init_of(holder))

    async def moved() -> str:
        found = await holders(cluster, holder)
        return "" if len(found) == 1 else f"nobody but {holder.name} has {SHARED}"

    away = until(moved, MOVED_S)
    away += answers(cluster)
    back = until(all_well(cluster, since=wall), BACK_S)
    until(elected, ELECTED_S)
    print(
        f"elected after {first:.1f} s; dead, answers again after {away:.1f} s, whole {back:.1f} s"
    )
    assert away < MOVED_S
