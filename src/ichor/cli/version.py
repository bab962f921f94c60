"""`ichor version`: ours, and that of machines."""

from collections.abc import Sequence

import click

from ichor import __version__
from ichor.cli.node import Target, calls_any_machine


@click.command()
@click.option("--client", is_flag=True, help="Only this program's.")
@click.option("--short", is_flag=True, help="Only the numbers.")
@calls_any_machine
def version(target: Target, *, client: bool, short: bool) -> None:
    """Print the version of this program and of machines."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb

    print(f"Client {__version__}" if short else f"Client:\n\tichor:       {__version__}")
    if client:
        return

    async def ask(node: Node) -> pb.VersionResponse:
        return await node.call("Version", Empty(), pb.VersionResponse, timeout_s=20)

    def show(answers: Sequence[tuple[str, pb.VersionResponse]]) -> None:
        for name, answer in answers:
            for one in answer.messages:
                if short:
                    print(f"Server {name} {one.version.tag}")
                    continue
                print(f"Server:\n\tNODE:        {name}\n\tTag:         {one.version.tag}")
                print(f"\tRuntime:     {one.version.go_version}")
                print(f"\tOS/Arch:     {one.version.os}/{one.version.arch}")
                rbac = " RBAC" if one.features.rbac else ""
                print(f"\tPlatform:    {one.platform.name} ({one.platform.mode})")
                print(f"\tEnabled:    {rbac}")

    target.each(ask, show)
