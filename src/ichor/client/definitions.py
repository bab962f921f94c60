"""Types as a machine knows them: resolving what a user typed, and resources as they are printed.

Anything a machine has can be listed, also types this program does not know: only the YAML of a
resource is read.
"""

from collections.abc import AsyncIterator, Sequence

from ichor.client.machine import Node
from ichor.client.state import StateClient
from ichor.errors import InputError
from ichor.proto.cosi import resource_pb2 as pb
from ichor.resources.meta.definition import ResourceDefinition
from ichor.rpc.method import method

_GET = method(pb, "State", "Get", pb.GetRequest, pb.GetResponse)
_LIST = method(pb, "State", "List", pb.ListRequest, pb.ListResponse)
_WATCH = method(pb, "State", "Watch", pb.WatchRequest, pb.WatchResponse)


async def resolve(node: Node, name: str) -> ResourceDefinition:
    """Find the type a name means on that machine. Raises InputError."""
    known = await StateClient(node.channel, node.metadata).list(ResourceDefinition)
    wanted = name.lower()
    exact = [one.spec for one in known if one.spec.type.lower() == wanted]
    found = exact or [one.spec for one in known if wanted in one.spec.all_aliases]
    if not found:
        raise InputError(f"no resource type {name!r}", hint="list them: get rd")
    if len(found) > 1:
        names = ", ".join(sorted(one.type for one in found))
        raise InputError(f"{name!r} may be {names}", hint="write the full type")
    return found[0]


async def get(node: Node, namespace: str, type: str, id: str) -> pb.Resource:
    request = pb.GetRequest(namespace=namespace, type=type, id=id)
    reply = await node.channel.unary(_GET, request, metadata=node.metadata, timeout_s=30)
    return reply.resource


async def listed(node: Node, namespace: str, type: str) -> Sequence[pb.Resource]:
    async with node.open(_LIST) as stream:
        await stream.send(pb.ListRequest(namespace=namespace, type=type))
        await stream.done()
        return [reply.resource async for reply in stream]


async def watched(node: Node, namespace: str, type: str, id: str) -> AsyncIterator[pb.Event]:
    """Give events for ever: of one resource, or of all of the type, the present ones first."""
    request = pb.WatchRequest(namespace=namespace, type=type)
    if id:
        request.id = id
    else:
        request.options.bootstrap_contents = True
    async with node.open(_WATCH) as stream:
        await stream.send(request)
        await stream.done()
        async for reply in stream:
            for event in reply.event:
                yield event
