"""From changes of the store to events of the interface: nobody has to remember to publish.

| resource | event |
|---|---|
| ServiceStatus: each new entry of its history | ServiceStateEvent |
| HealthStatus | ServiceStateEvent, the state as it is |
| MachineStatus | MachineStatusEvent |
| HostnameStatus, NodeAddress "current" | AddressEvent |

What happens in an operation is told by the sequencer itself (api.operations).
"""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_interface

from google.protobuf.message import Message

from ichor.api.events import EventLog
from ichor.api.machine.service import health_of
from ichor.cosi.state import AnyResource, Cancel, Event, EventType, State, find
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID, NODE_ADDRESS_CURRENT_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.runtime.machine import MachineStatus
from ichor.resources.runtime.service_status import HealthStatus, ServiceStatus


class EventTap:
    def __init__(self, state: State, events: EventLog) -> None:
        self._state = state
        self._events = events
        self._makers: Mapping[str, Callable[[Event, AnyResource], Iterator[Message]]] = {
            ServiceStatus.definition.type: self._service,
            HealthStatus.definition.type: self._health,
            MachineStatus.definition.type: self._machine,
            HostnameStatus.definition.type: self._address,
            NodeAddress.definition.type: self._address,
        }

    def attach(self) -> Cancel:
        return self._state.tap(self._changed)

    def _changed(self, event: Event) -> None:
        changed = event.resource
        if changed is None or event.type not in {EventType.CREATED, EventType.UPDATED}:
            return
        maker = self._makers.get(changed.metadata.type)
        if maker is not None:
            for payload in maker(event, changed):
                self._events.publish(payload)

    def _service(self, event: Event, changed: AnyResource) -> Iterator[Message]:
        if not isinstance(changed.spec, ServiceStatus):
            return
        old = event.old.spec if event.old else None
        known = old.events if isinstance(old, ServiceStatus) else ()
        for entry in changed.spec.events:
            if entry not in known:
                yield self._state_event(changed.id, entry.state, entry.message)

    def _health(self, event: Event, changed: AnyResource) -> Iterator[Message]:
        status = find(self._state, ServiceStatus, changed.id)
        old = event.old.spec if event.old else None
        new = changed.spec
        if status is None or not isinstance(new, HealthStatus) or new.unknown:
            return
        if isinstance(old, HealthStatus) and (old.healthy, old.unknown) == (
            new.healthy,
            new.unknown,
        ):
            return
        message = (
            "Health check successful" if new.healthy else f"Health check failed: {new.message}"
        )
        yield self._state_event(changed.id, status.spec.state, message)

    def _state_event(self, id: str, state: str, message: str) -> pb.ServiceStateEvent:
        health = find(self._state, HealthStatus, id)
        return pb.ServiceStateEvent(
            service=id,
            action=action_of(state),
            message=message,
            health=health_of(health.spec if health else HealthStatus()),
        )

    def _machine(self, event: Event, changed: AnyResource) -> Iterator[Message]:
        spec = changed.spec
        if isinstance(spec, MachineStatus):
            status = pb.MachineStatusEvent.MachineStatus
            yield pb.MachineStatusEvent(
                stage=pb.MachineStatusEvent.MachineStage.Name(spec.stage.number),
                status=status(
                    ready=spec.status.ready,
                    unmet_conditions=[
                        status.UnmetCondition(name=one.name, reason=one.reason)
                        for one in spec.status.unmet_conditions
                    ],
                ),
            )

    def _address(self, event: Event, changed: AnyResource) -> Iterator[Message]:
        hostname = find(self._state, HostnameStatus, HOSTNAME_ID)
        current = find(self._state, NodeAddress, NODE_ADDRESS_CURRENT_ID)
        if isinstance(changed.spec, NodeAddress) and changed.id != NODE_ADDRESS_CURRENT_ID:
            return
        prefixes = current.spec.addresses if current else ()
        yield pb.AddressEvent(
            hostname=hostname.spec.hostname if hostname else "",
            addresses=[str(ip_interface(str(prefix)).ip) for prefix in prefixes],
        )


def action_of(state: str) -> str:
    """Give the action of a state's name; `Pre` has none and counts as preparing."""
    name = state.upper()
    return name if name in pb.ServiceStateEvent.Action.keys() else "PREPARING"  # noqa: SIM118
