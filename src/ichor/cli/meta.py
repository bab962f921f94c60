"""`ichor meta`: values of a machine's META, which outlive its configuration."""

from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_any_machine

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb


def tag(_: click.Context, __: click.Parameter, written: str) -> int:
    """Read a number from 1 to 255, as 12 or 0x0c."""
    try:
        number = int(written, 0)
    except ValueError:
        number = 0
    if not 0 < number <= 0xFF:
        raise click.BadParameter(f"{written!r}: expected a number from 1 to 255, as 12 or 0x0c")
    return number


@click.group()
def meta() -> None:
    """Values that outlive a configuration; what is there: get meta."""


@meta.command()
@click.argument("key", callback=tag)
@click.argument("value")
@calls_any_machine
def write(target: Target, key: int, value: str) -> None:
    """Write VALUE at KEY."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.MetaWriteRequest(key=key, value=value.encode())

    async def ask(node: "Node") -> "pb.MetaWriteResponse":
        return await node.call("MetaWrite", request, pb.MetaWriteResponse, timeout_s=20)

    target.each(ask, lambda _: None)


@meta.command()
@click.argument("key", callback=tag)
@calls_any_machine
def delete(target: Target, key: int) -> None:
    """Delete the value at KEY."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.MetaDeleteRequest(key=key)

    async def ask(node: "Node") -> "pb.MetaDeleteResponse":
        return await node.call("MetaDelete", request, pb.MetaDeleteResponse, timeout_s=20)

    target.each(ask, lambda _: None)
