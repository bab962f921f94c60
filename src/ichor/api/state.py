"""The state API over the network: resources to read and to watch, never to write.

Types and namespaces that are not known are refused as such; sensitive types need `os:admin`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing

from ichor.api.access import may_see
from ichor.api.authorize import Grant
from ichor.api.definitions import NAMESPACES, ensure
from ichor.cosi.query import Operator, Query, Term
from ichor.cosi.resource import Key, Kind
from ichor.cosi.state import Event, EventType, State, Watch
from ichor.cosi.watching import batches
from ichor.errors import NotFound
from ichor.proto.cosi import resource_pb2 as pb
from ichor.resources.registry import definition
from ichor.resources.wire.resource import encode
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_stream, unary_unary
from ichor.rpc.method import method
from ichor.rpc.status import Code, RpcError

_WRITES = ("Create", "Update", "Destroy", "Teardown", "TeardownAndDestroy")
_OPERATORS: Mapping[int, Operator] = {
    pb.LabelTerm.EXISTS: Operator.EXISTS,
    pb.LabelTerm.EQUAL: Operator.EQUAL,
    pb.LabelTerm.NOT_EXISTS: Operator.EXISTS,
    pb.LabelTerm.IN: Operator.IN,
    pb.LabelTerm.LT: Operator.LT,
    pb.LabelTerm.LTE: Operator.LTE,
    pb.LabelTerm.LT_NUMERIC: Operator.LT_NUMERIC,
    pb.LabelTerm.LTE_NUMERIC: Operator.LTE_NUMERIC,
}
_EVENTS: Mapping[EventType, pb.EventType] = {
    EventType.CREATED: pb.CREATED,
    EventType.UPDATED: pb.UPDATED,
    EventType.DESTROYED: pb.DESTROYED,
    EventType.BOOTSTRAPPED: pb.BOOTSTRAPPED,
    EventType.ERRORED: pb.ERRORED,
    EventType.NOOP: pb.NOOP,
}


class StateService:
    def __init__(self, state: State, grant: Grant) -> None:
        self._state = state
        self._grant = grant

    def handlers(self) -> Mapping[str, Handler]:
        get = method(pb, "State", "Get", pb.GetRequest, pb.GetResponse)
        listing = method(pb, "State", "List", pb.ListRequest, pb.ListResponse)
        watch = method(pb, "State", "Watch", pb.WatchRequest, pb.WatchResponse)
        return {
            get.path: unary_unary(get, self.get),
            listing.path: unary_stream(listing, self.list),
            watch.path: unary_stream(watch, self.watch),
            **{f"/cosi.resource.State/{name}": _refuse for name in _WRITES},
        }

    async def get(self, request: pb.GetRequest, context: Context) -> pb.GetResponse:
        kind = self._admit(request.namespace, request.type, context)
        found = self._state.get(Key(kind.namespace, kind.type, request.id))
        return pb.GetResponse(resource=encode(found))

    async def list(
        self, request: pb.ListRequest, context: Context
    ) -> AsyncIterator[pb.ListResponse]:
        kind = self._admit(request.namespace, request.type, context)
        query = _query(request.options.label_query, request.options.id_query)
        for found in self._state.list(kind, query):
            yield pb.ListResponse(resource=encode(found))

    async def watch(
        self, request: pb.WatchRequest, context: Context
    ) -> AsyncIterator[pb.WatchResponse]:
        kind = self._admit(request.namespace, request.type, context)
        options = request.options
        wanted = Watch(
            kind=kind,
            id=request.id if request.HasField("id") else None,
            query=_query(options.label_query, options.id_query),
            bootstrap=options.bootstrap_contents,
            bootstrap_bookmark=options.bootstrap_bookmark,
            tail=options.tail_events,
            resume=options.start_from_bookmark,
        )
        context.send_initial_metadata()
        async with aclosing(batches(self._state, wanted)) as changes:
            async for batch in changes:
                events = [_event(event) for event in batch]
                if options.aggregated:
                    yield pb.WatchResponse(event=events)
                else:
                    for event in events:
                        yield pb.WatchResponse(event=[event])

    def _admit(self, namespace: str, type: str, context: Context) -> Kind:
        """Give the kind, if it exists and this caller may see it."""
        try:
            known = definition(type)
        except NotFound:
            message = f'resource type "{type}" is not supported'
            raise RpcError(Code.PERMISSION_DENIED, message) from None
        if namespace not in NAMESPACES:
            raise RpcError(Code.PERMISSION_DENIED, f'namespace "{namespace}" is not supported')
        if not may_see(known, self._grant(context)):
            raise RpcError(Code.PERMISSION_DENIED, "not authorized")
        kind = Kind(namespace, type)
        ensure(self._state, kind)
        return kind


async def _refuse(context: Context) -> None:
    raise RpcError(Code.PERMISSION_DENIED, "write access is not allowed")


def _query(labels: Iterable[pb.LabelQuery], ids: pb.IDQuery) -> Query:
    return Query(
        labels=tuple(tuple(_term(term) for term in query.terms) for query in labels),
        ids=ids.regexp,
    )


def _term(term: pb.LabelTerm) -> Term:
    inverted = term.invert is not (term.op == pb.LabelTerm.NOT_EXISTS)
    return Term(term.key, _OPERATORS[term.op], tuple(term.value), inverted)


def _event(event: Event) -> pb.Event:
    return pb.Event(
        event_type=_EVENTS[event.type],
        resource=encode(event.resource) if event.resource else None,
        old=encode(event.old) if event.old else None,
        error=event.error or None,
        bookmark=event.bookmark or None,
    )
