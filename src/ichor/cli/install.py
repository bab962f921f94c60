"""`ichor install`: machines that started from a boot medium, to their disks.

They have a configuration already, which says who may ask, but names no disk; once installed they
restart by themselves.
"""

import sys
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Final

import click

from ichor.cli.node import Target, calls_machines
from ichor.errors import Conflict

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb

SERVICE: Final = "LifecycleService"


@click.command()
@click.option("--disk", required=True, help="The device to install to, as /dev/sda.")
@calls_machines
def install(target: Target, disk: str) -> None:
    """Install what the boot medium of a machine carries to a disk of it, which has to be empty."""
    from ichor.proto.machine import machine_pb2 as pb

    async def each(node: "Node", several: bool) -> None:
        request = pb.LifecycleServiceInstallRequest(destination=pb.InstallDestination(disk=disk))
        answers = node.stream(
            "Install", request, pb.LifecycleServiceInstallResponse, service=SERVICE
        )
        await follow(node.name, (told.progress async for told in answers))

    target.stream(each)


async def follow(name: str, told: "AsyncIterable[pb.LifecycleServiceInstallProgress]") -> None:
    """Show how far a machine is. Raises Conflict with its last word where it failed."""
    last, code = "it did not say how it ended", 1
    async for progress in told:
        if progress.WhichOneof("response") == "exit_code":
            code = progress.exit_code
        else:
            last = progress.message
            print(f"{name}: {last}", file=sys.stderr)
    if code:
        raise Conflict(last)
