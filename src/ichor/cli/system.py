"""`ichor processes`, `memory`, `mounts`, `time`: what machines are doing, in numbers."""

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Final

import click

from ichor.cli.node import Target, calls_any_machine, calls_machines
from ichor.cli.table import print_table, size
from ichor.errors import InputError

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb
    from ichor.proto.time import time_pb2

_WAIT_S: Final = 20
_MIB: Final = 1024  # of the kernel's kB


@click.command()
@click.option("-s", "--sort", default="rss", show_default=True, help="rss or cpu.")
@calls_machines
def processes(target: Target, sort: str) -> None:
    """List processes."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.machine import machine_pb2 as pb

    if sort not in {"rss", "cpu"}:
        raise InputError(f"{sort!r}: expected rss or cpu", path="--sort")

    async def ask(node: "Node") -> "pb.ProcessesResponse":
        return await node.call("Processes", Empty(), pb.ProcessesResponse, timeout_s=_WAIT_S)

    target.each(ask, lambda answers: show_processes(answers, sort))


def show_processes(answers: "Sequence[tuple[str, pb.ProcessesResponse]]", sort: str) -> None:
    heading = ["NODE", "PID", "PPID", "STATE", "THREADS", "CPU-TIME", "VIRTMEM", "RESMEM"]
    rows = [[*heading, "COMMAND"]]
    for name, answer in answers:
        found = [one for message in answer.messages for one in message.processes]
        found.sort(key=lambda one: one.resident_memory if sort == "rss" else one.cpu_time)
        for one in reversed(found):
            command = one.args or one.executable or f"[{one.command}]"
            row = [name, str(one.pid), str(one.ppid), one.state, str(one.threads)]
            numbers = [f"{one.cpu_time:.2f}", size(one.virtual_memory), size(one.resident_memory)]
            rows.append([*row, *numbers, command])
    print_table(rows)


@click.command()
@click.option("-v", "--verbose", is_flag=True, help="All that the kernel tells.")
@calls_any_machine
def memory(target: Target, *, verbose: bool) -> None:
    """Show how memory is used."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> "pb.MemoryResponse":
        return await node.call("Memory", Empty(), pb.MemoryResponse, timeout_s=_WAIT_S)

    target.each(ask, show_memory_verbose if verbose else show_memory)


def show_memory(answers: "Sequence[tuple[str, pb.MemoryResponse]]") -> None:
    rows = [("NODE", "TOTAL", "USED", "FREE", "SHARED", "BUFFERS", "CACHE", "AVAILABLE")]
    for name, answer in answers:
        for message in answer.messages:
            seen = message.meminfo
            cache = seen.cached + seen.sreclaimable
            used = seen.memtotal - seen.memfree - seen.buffers - cache
            numbers = (seen.memtotal, used, seen.memfree, seen.shmem, seen.buffers, cache)
            mib = [str(number // _MIB) for number in (*numbers, seen.memavailable)]
            rows.append((name, mib[0], mib[1], mib[2], mib[3], mib[4], mib[5], mib[6]))
    print_table(rows)


def show_memory_verbose(answers: "Sequence[tuple[str, pb.MemoryResponse]]") -> None:
    for name, answer in answers:
        for message in answer.messages:
            print(f"NODE: {name}")
            for field, value in message.meminfo.ListFields():
                unit = (
                    "" if field.name.startswith("hugepages") and "size" not in field.name else "kB"
                )
                print(f"{field.name + ':':<20}{value:>14} {unit}".rstrip())


@click.command()
@calls_machines
def mounts(target: Target) -> None:
    """List mounts and their sizes."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> "pb.MountsResponse":
        return await node.call("Mounts", Empty(), pb.MountsResponse, timeout_s=_WAIT_S)

    target.each(ask, show_mounts)


def show_mounts(answers: "Sequence[tuple[str, pb.MountsResponse]]") -> None:
    heading = ("NODE", "FILESYSTEM", "SIZE(GB)", "USED(GB)", "AVAILABLE(GB)", "PERCENT USED")
    rows: list[tuple[str, ...]] = [(*heading, "MOUNTED ON")]
    for name, answer in answers:
        for one in (stat for message in answer.messages for stat in message.stats):
            used = one.size - one.available
            share = 100 * used / one.size if one.size else 0.0
            numbers = (f"{value / 1e9:.2f}" for value in (one.size, used, one.available))
            whole, taken, left = numbers
            rows.append((name, one.filesystem, whole, taken, left, f"{share:.2f}%", one.mounted_on))
    print_table(rows)


@click.command()
@click.option("--check", "server", default="", help="Compare with this time server.")
@calls_machines
def time(target: Target, server: str) -> None:
    """Show the time of machines."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.time import time_pb2

    async def ask(node: "Node") -> "time_pb2.TimeResponse":
        request = time_pb2.TimeRequest(server=server)
        name = "TimeCheck" if server else "Time"
        reply = time_pb2.TimeResponse
        if server:
            return await node.call(
                name, request, reply, timeout_s=60, module=time_pb2, service="TimeService"
            )
        return await node.call(
            name, Empty(), reply, timeout_s=60, module=time_pb2, service="TimeService"
        )

    target.each(ask, show_time)


def show_time(answers: "Sequence[tuple[str, time_pb2.TimeResponse]]") -> None:
    rows = [("NODE", "NTP-SERVER", "NODE-TIME", "NTP-SERVER-TIME")]
    for name, answer in answers:
        for one in answer.messages:
            local, remote = (
                stamp.ToDatetime(UTC).isoformat(sep=" ", timespec="milliseconds")
                for stamp in (one.localtime, one.remotetime)
            )
            rows.append((name, one.server, local, remote))
    print_table(rows)
