"""`ichor events`: what happens on machines, as it happens."""

from typing import TYPE_CHECKING, Final

import click

from ichor.cli.node import Target, calls_machines
from ichor.units import parse_duration

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any as AnyMessage
    from google.protobuf.message import Message

    from ichor.client.machine import Node

_TYPE: Final = "talos/runtime/machine."
_ROW: Final = "{:<18} {:<22} {:<20} {:<20} {}"


@click.command()
@click.option(
    "--tail", default=0, show_default=True, help="So many past events; -1: all there are."
)
@click.option("--since", default="", help="Past events after this id.")
@click.option("--duration", default="", help="Past events of this time, as 10m.")
@click.option("--actor-id", default="", help="Only events of this operation.")
@calls_machines
def events(target: Target, tail: int, since: str, duration: str, actor_id: str) -> None:
    """Print events until interrupted."""
    from ichor.proto.machine import machine_pb2 as pb

    seconds = int(parse_duration(duration).total_seconds()) if duration else 0
    request = pb.EventsRequest(
        tail_events=tail, tail_id=since, tail_seconds=seconds, with_actor_id=actor_id
    )
    print(_ROW.format("NODE", "ID", "EVENT", "ACTOR", "SOURCE AND MESSAGE"), flush=True)

    async def follow(node: "Node", several: bool) -> None:
        async for event in node.stream("Events", request, pb.Event):
            if event.id:
                kind, text = described(event.data)
                print(_ROW.format(node.name, event.id, kind, event.actor_id, text), flush=True)

    target.stream(follow)


def payload(data: "AnyMessage") -> "Message | None":
    """Give the message inside; None for one that is not known."""
    from ichor.proto.machine import machine_pb2 as pb

    name = data.type_url.removeprefix(_TYPE)
    if data.type_url == name or name not in pb.DESCRIPTOR.message_types_by_name:
        return None
    message: Message = getattr(pb, name).FromString(data.value)
    return message


def described(data: "AnyMessage") -> tuple[str, str]:
    """Give the kind of an event and what it says, in one line."""
    from ichor.proto.machine import machine_pb2 as pb

    message = payload(data)
    kind = data.type_url.removeprefix(_TYPE)
    match message:
        case pb.ServiceStateEvent():
            action = pb.ServiceStateEvent.Action.Name(message.action)
            return kind, f"{message.service}: {action}: {message.message}"
        case pb.SequenceEvent():
            action = pb.SequenceEvent.Action.Name(message.action)
            error = f": {message.error.message}" if message.HasField("error") else ""
            return kind, f"{message.sequence}: {action}{error}"
        case pb.MachineStatusEvent():
            stage = pb.MachineStatusEvent.MachineStage.Name(message.stage)
            unmet = [one.name for one in message.status.unmet_conditions]
            return kind, f"{stage}: ready: {message.status.ready}, unmet: {unmet}"
        case pb.AddressEvent():
            return kind, f"{message.hostname}: {', '.join(message.addresses)}"
        case None:
            return kind, ""
        case _:
            return kind, str(message).replace("\n", " ").strip()
