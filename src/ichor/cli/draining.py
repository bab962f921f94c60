"""A reboot that asks etcd first and moves pods elsewhere, by the machine's own means.

ichor.power.v1 Power/Reboot; a machine that has no such method is asked as any is, by Reboot,
unless its pods are to be moved because somebody said so
"""

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from ichor.errors import Conflict
from ichor.rpc.status import Code, RpcError
from ichor.units import parse_duration

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.ichor import power_pb2


def is_said(name: str) -> bool:
    """Tell whether an option of this command was given, and is no default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not ParameterSource.DEFAULT


drain_timeout = click.option(
    "--drain-timeout", default="5m", show_default=True, help="How long pods may take to move."
)
_POWER: Final = "Power"


def draining(
    mode: str, *, drain: bool, timeout: str, keep_quorum: bool, insists: bool = False
) -> "Callable[[Node], Awaitable[str]]":
    """Give what asks a machine to reboot, and answers the actor's id.

    insists: to drain. Then it raises Conflict of a machine that cannot, and does not reboot that.
    """
    from ichor.cli.power import rebooting
    from ichor.proto.ichor import power_pb2 as pb

    request = pb.RebootRequest(force=mode == "force", drain=drain, keep_quorum=keep_quorum)
    request.drain_timeout.FromTimedelta(parse_duration(timeout))

    async def ask(node: "Node") -> str:
        answer = await _call(node, request)
        if answer is None and insists:
            raise Conflict("cannot drain, and does not reboot: it has no means for that")
        if answer is None:
            print(f"{node.name}: cannot drain: reboots as it is", file=sys.stderr)
            return await rebooting(mode)(node)
        return answer.actor_id

    return ask


async def can_go(node: "Node") -> None:
    """Raises RpcError where etcd could not do without this machine."""
    from ichor.proto.ichor import power_pb2 as pb

    await _call(node, pb.RebootRequest(only_ask=True))


async def _call(
    node: "Node", request: "power_pb2.RebootRequest"
) -> "power_pb2.RebootResponse | None":
    """Give the answer; None from a machine that has no such method."""
    from ichor.proto.ichor import power_pb2 as pb

    try:
        return await node.call("Reboot", request, pb.RebootResponse, module=pb, service=_POWER)
    except RpcError as error:
        if error.code is Code.UNIMPLEMENTED:
            return None
        raise
