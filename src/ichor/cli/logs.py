"""`ichor logs` and `ichor dmesg`: what services, containers and the kernel wrote."""

import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_any_machine

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.common import common_pb2


@click.command()
@click.argument("id_", metavar="SERVICE")
@click.option("-f", "--follow", is_flag=True, help="Go on as it grows.")
@click.option("--tail", default=-1, show_default=True, help="So many last lines; -1: all.")
@click.option("-k", "--kubernetes", is_flag=True, help="Of a container: namespace/pod:name.")
@calls_any_machine
def logs(target: Target, id_: str, tail: int, *, follow: bool, kubernetes: bool) -> None:
    """Print the log of a SERVICE, or of a container of a pod."""
    from ichor.proto.common import common_pb2
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.LogsRequest(
        namespace="k8s.io" if kubernetes else "system",
        driver=common_pb2.CRI if kubernetes else common_pb2.CONTAINERD,
        id=id_,
        follow=follow,
        tail_lines=tail,
    )

    async def copy(node: "Node", several: bool) -> None:
        await pour(node.stream("Logs", request, common_pb2.Data), node.name if several else "")

    target.stream(copy)


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes.")
@click.option("--tail", is_flag=True, help="With --follow: only what comes.")
@calls_any_machine
def dmesg(target: Target, *, follow: bool, tail: bool) -> None:
    """Print the kernel's log; of a node in a container, its own."""
    from ichor.proto.common import common_pb2
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.DmesgRequest(follow=follow, tail=tail)

    async def copy(node: "Node", several: bool) -> None:
        await pour(node.stream("Dmesg", request, common_pb2.Data), node.name if several else "")

    target.stream(copy)


async def pour(pieces: "AsyncIterator[common_pb2.Data]", prefix: str) -> None:
    """Write pieces as they come; with a prefix, whole lines with it before."""
    out = sys.stdout.buffer
    waiting = b""
    async for piece in pieces:
        if not prefix:
            out.write(piece.bytes)
            out.flush()
            continue
        *lines, waiting = (waiting + piece.bytes).split(b"\n")
        for line in lines:
            out.write(prefix.encode() + b": " + line + b"\n")
        out.flush()
    if waiting:
        out.write(prefix.encode() + b": " + waiting + b"\n")
        out.flush()
