"""The machine API of a running node: latency of calls, throughput of streams, through apid.

    bench/api.py --endpoint 127.0.0.1:PORT --talosconfig FILE [--json FILE]

Beside each figure stands what the Go implementation of the interface did on two shared cores
(design.md section 8) and the ratio: trust it only as far as the machine was idle.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from google.protobuf.empty_pb2 import Empty

from ichor.client.definitions import get, listed
from ichor.client.machine import Node, secure
from ichor.client.talosconfig import load
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb

# name: what Talos 1.14 needed, in the unit of the row
THEIRS = {
    "version p50 ms": 0.68,
    "version c=8 per s": 3200.0,
    "version cpu us, apid": 407.0,
    "version cpu us, machined": 293.0,
    "get p50 ms": 0.81,
    "list 199 definitions ms": 23.0,
    "read MB/s": 76.0,
    "copy MB/s": 20.0,
}
MORE_IS_BETTER = ("per s", "MB/s")
BIG = "/usr/bin/containerd"


async def timed(count: int, call: Callable[[], Awaitable[object]]) -> float:
    """Give the median in milliseconds."""
    taken = []
    for _ in range(count):
        begin = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


async def at_once(node: Node, count: int, width: int) -> float:
    """Give calls per second with that many under way."""

    async def caller() -> None:
        for _ in range(count // width):
            await node.call("Version", Empty(), pb.VersionResponse)

    begin = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(width)))
    return count / (time.perf_counter() - begin)


async def spent(node: Node) -> tuple[float, float]:
    """Give the seconds of CPU that apid and machined have used."""
    answer = await node.call("Processes", Empty(), pb.ProcessesResponse)
    times = {one.args.split()[0]: one.cpu_time for one in answer.messages[0].processes if one.args}
    init = next(one.cpu_time for one in answer.messages[0].processes if one.pid == 1)
    return times["apid"], init


async def cpu(node: Node, count: int) -> tuple[float, float]:
    """Give microseconds of CPU a Version costs in apid and in machined."""
    before = await spent(node)
    await timed(count, lambda: node.call("Version", Empty(), pb.VersionResponse))
    apid, machined = (
        (after - held) / count * 1e6 for after, held in zip(await spent(node), before, strict=True)
    )
    return apid, machined


async def rate(node: Node, name: str, request: pb.ReadRequest | pb.CopyRequest) -> float:
    begin, size = time.perf_counter(), 0
    async for piece in node.stream(name, request, common_pb2.Data):
        size += len(piece.bytes)
    return size / 1e6 / (time.perf_counter() - begin)


async def measure(node: Node) -> dict[str, float]:
    async def version() -> object:
        return await node.call("Version", Empty(), pb.VersionResponse)

    async def one() -> object:
        return await get(node, "network", "HostnameStatuses.net.talos.dev", "hostname")

    async def all_types() -> object:
        return await listed(node, "meta", "ResourceDefinitions.meta.cosi.dev")

    await timed(200, version)
    apid, machined = await cpu(node, 2000)
    return {
        "version cpu us, apid": apid,
        "version cpu us, machined": machined,
        "version p50 ms": await timed(1000, version),
        "version c=8 per s": await at_once(node, 2000, 8),
        "get p50 ms": await timed(500, one),
        "list 199 definitions ms": await timed(20, all_types),
        "read MB/s": await rate(node, "Read", pb.ReadRequest(path=BIG)),
        "copy MB/s": await rate(node, "Copy", pb.CopyRequest(root_path=BIG)),
    }


async def run(endpoint: str, talosconfig: Path) -> dict[str, float]:
    async with secure(load(talosconfig).current(), (), (endpoint,)) as connection:
        return await measure(connection.nodes[0])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--talosconfig", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = asyncio.run(run(given.endpoint, given.talosconfig))
    for name, value in found.items():
        theirs = THEIRS[name]
        better = value / theirs if name.endswith(MORE_IS_BETTER) else theirs / value
        print(f"{name:<26}{value:>12.2f}   Talos {theirs:>8.2f}   ours/theirs {better:.2f}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
