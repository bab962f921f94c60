"""Operations as a client follows them: by the actor id that the machine answered with."""

from ichor.client.machine import Node
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.status import RpcError

_SEQUENCE = f"talos/runtime/{pb.SequenceEvent.DESCRIPTOR.full_name}"
_ALL = -1


def actor_of(
    reply: pb.RebootResponse | pb.ShutdownResponse | pb.ResetResponse | pb.UpgradeResponse,
) -> str:
    """Give the actor id of what was asked for; empty from a machine that tells none."""
    return reply.messages[0].actor_id if reply.messages else ""


async def refused(node: Node, actor: str) -> str:
    """Wait for the machine's word that an operation does not come to its end: why, in its words.

    Empty once the machine tells nothing more: it has none, or it is ending.
    """
    if not actor:
        return ""
    request = pb.EventsRequest(tail_events=_ALL, with_actor_id=actor)
    try:
        async for event in node.stream("Events", request, pb.Event):
            if event.data.type_url == _SEQUENCE:
                error = pb.SequenceEvent.FromString(event.data.value).error
                if error.code or error.message:
                    return f"{common_pb2.Code.Name(error.code)}: {error.message}"
    except RpcError:
        pass
    return ""
