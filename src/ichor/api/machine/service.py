"""Services: what runs, since when, how it feels.

What the interface shows of a service is two facts of ours joined: its status and its health.
"""

from collections.abc import Iterator, Mapping

from google.protobuf.empty_pb2 import Empty

from ichor.cosi.state import State, find, find_all
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.runtime.service_status import HealthStatus, ServiceStatus
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method


def handlers(state: State) -> Mapping[str, Handler]:
    listing = method(pb, "MachineService", "ServiceList", Empty, pb.ServiceListResponse)

    async def serve_list(request: Empty, context: Context) -> pb.ServiceListResponse:
        return pb.ServiceListResponse(messages=[pb.ServiceList(services=infos(state))])

    return {listing.path: unary_unary(listing, serve_list)}


def infos(state: State) -> Iterator[pb.ServiceInfo]:
    """Give every service, ids ascending."""
    for status in find_all(state, ServiceStatus):
        health = find(state, HealthStatus, status.id)
        yield pb.ServiceInfo(
            id=status.id,
            state=status.spec.state,
            events=events(status.spec),
            health=health_of(health.spec if health else HealthStatus()),
        )


def events(status: ServiceStatus) -> pb.ServiceEvents:
    found = pb.ServiceEvents()
    for event in status.events:
        entry = found.events.add(msg=event.message, state=event.state)
        entry.ts.FromDatetime(event.at)
    return found


def health_of(status: HealthStatus) -> pb.ServiceHealth:
    health = pb.ServiceHealth(
        unknown=status.unknown, healthy=status.healthy, last_message=status.message
    )
    health.last_change.FromDatetime(status.changed)
    return health
