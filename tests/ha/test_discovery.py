"""Nodes know each other by a discovery service, also after it has lost its memory."""

from contextlib import suppress
from pathlib import Path

import pytest
from tests.ha import living
from tests.ha.living import Living, launches, until
from tests.ha.test_departure import ask
from tests.ha.test_survival import BACK_S, all_well, named

from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import discovery
from ichor.provision import name as names
from ichor.provision.record import Node
from ichor.resources.cluster.affiliate import Member

pytestmark = [pytest.mark.cluster, pytest.mark.root]


async def known(cluster: Living, node: Node) -> set[str]:
    return set(await living.resources(cluster, node, Member))


def services(cluster: Living) -> list[int]:
    """Find the pids of a cluster's discovery service; another may have the same addresses."""
    wanted = "\0".join(discovery.command(cluster.cluster)[1:]).encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_theirs = f"/{names.cgroup(cluster.cluster.name)}/" in (entry / "cgroup").read_text()
            if is_theirs and wanted in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def test_a_discovery_service_that_restarts_is_told_everything_again(cluster: Living) -> None:
    until(all_well(cluster), BACK_S)
    everybody = {node.name for node in cluster.cluster.nodes}
    node = named(cluster, "worker-1")
    (old,) = services(cluster)
    living.kill(old)

    async def anew() -> str:
        found = services(cluster)
        return "" if found and old not in found else f"discovery services {found}"

    until(anew, BACK_S)
    number = launches(node)
    # A node that boots knows nobody yet: what it hears, the service that is new has been told.
    ask(cluster, node, "Reboot", pb.RebootRequest(), pb.RebootResponse)

    async def hears() -> str:
        if launches(node) == number:
            return f"{node.name} is to boot again"
        missing = everybody - await known(cluster, node)
        return f"{node.name} knows nothing of {sorted(missing)}" if missing else ""

    took = until(hears, BACK_S)
    print(f"{node.name} knows all others {took:.1f} s after its reboot was asked for")
    until(all_well(cluster), BACK_S)
