"""`ichor containers`, `stats`, `restart`: containers of machines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_machines
from ichor.cli.table import print_table, size

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb

_kubernetes = click.option("-k", "--kubernetes", is_flag=True, help="Those of pods.")


def namespace(kubernetes: bool) -> str:
    return "k8s.io" if kubernetes else "system"


def driver(kubernetes: bool) -> str:
    return "CRI" if kubernetes else "CONTAINERD"


@click.command()
@_kubernetes
@calls_machines
def containers(target: Target, *, kubernetes: bool) -> None:
    """List containers."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.ContainersRequest(namespace=namespace(kubernetes), driver=driver(kubernetes))

    async def ask(node: "Node") -> "pb.ContainersResponse":
        return await node.call("Containers", request, pb.ContainersResponse, timeout_s=20)

    target.each(ask, show_containers)


def show_containers(answers: "Sequence[tuple[str, pb.ContainersResponse]]") -> None:
    rows = [("NODE", "NAMESPACE", "ID", "IMAGE", "PID", "STATUS")]
    for name, answer in answers:
        for one in (found for message in answer.messages for found in message.containers):
            shown = f"└─ {one.id}" if ":" in one.id else one.id
            status = one.status.upper()
            rows.append((name, one.namespace, shown, one.image, str(one.pid), status))
    print_table(rows)


@click.command()
@_kubernetes
@calls_machines
def stats(target: Target, *, kubernetes: bool) -> None:
    """Show what containers use."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.StatsRequest(namespace=namespace(kubernetes), driver=driver(kubernetes))

    async def ask(node: "Node") -> "pb.StatsResponse":
        return await node.call("Stats", request, pb.StatsResponse, timeout_s=20)

    target.each(ask, show_stats)


def show_stats(answers: "Sequence[tuple[str, pb.StatsResponse]]") -> None:
    rows = [("NODE", "NAMESPACE", "ID", "MEMORY", "CPU(ms)")]
    for name, answer in answers:
        for one in (found for message in answer.messages for found in message.stats):
            cpu = str(one.cpu_usage // 1_000_000)
            rows.append((name, one.namespace, one.id, size(one.memory_usage), cpu))
    print_table(rows)


@click.command()
@click.argument("id_", metavar="ID")
@_kubernetes
@calls_machines
def restart(target: Target, id_: str, *, kubernetes: bool) -> None:
    """End the processes of a container; it is started again by who keeps it."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.RestartRequest(namespace=namespace(kubernetes), driver=driver(kubernetes), id=id_)

    async def ask(node: "Node") -> "pb.RestartResponse":
        return await node.call("Restart", request, pb.RestartResponse, timeout_s=60)

    target.each(ask, lambda _: None)
