"""`ichor reseal`: keys of volumes that a TPM keeps, for what the machine is now.

After firmware, or whose keys it trusts, has changed, the TPM gives nothing back: the volume was
opened by another of its keys, which this makes the TPM's slot anew by.
"""

from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_machines
from ichor.errors import Conflict

if TYPE_CHECKING:
    from ichor.client.machine import Node


@click.command()
@calls_machines
def reseal(target: Target) -> None:
    """Have the TPM keep the keys of encrypted volumes for the firmware that machines have now."""
    target.stream(lambda node, _: show(node))


async def show(node: "Node") -> None:
    """Raises Conflict in the end where a volume's keys could not be sealed."""
    from ichor.proto.ichor import volume_pb2 as pb

    request, answer = pb.ResealRequest(), pb.ResealResponse
    errors, seen = list[str](), False
    async for one in node.stream("Reseal", request, answer, module=pb, service="Volume"):
        seen = True
        if one.error:
            errors.append(f"{one.volume}: {one.error}")
            continue
        state = "sealed to what the machine is now" if one.anew else "was so already"
        print(f"{node.name}: {one.volume}, slot {one.slot}: {state}", flush=True)
    if errors:
        raise Conflict("; ".join(errors))
    if not seen:
        print(f"{node.name}: its TPM keeps no keys of volumes", flush=True)
