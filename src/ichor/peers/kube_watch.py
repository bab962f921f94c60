"""A watch as complete snapshots.

    list (pages) -> snapshot -> watch from its version -> events fold into it -> snapshot ...

Events that arrive together give one snapshot. Bookmarks move the version and yield nothing. When
the server ends a watch (it does so by its time limit) the next begins at the last version; when
that version is compacted away (410) the collection is listed again, and only if it differs is a
snapshot yielded: a consumer sees no difference but time.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from ichor.errors import FormatError, TransientError
from ichor.formats.jsonvalue import Object, decode_object, obj, text
from ichor.peers.http1 import Streaming
from ichor.peers.kube_errors import Expired, error_of_event
from ichor.ports.kube import Key, Listing, key_of

Open = Callable[[str], AbstractAsyncContextManager[Streaming]]


async def snapshots(
    list_all: Callable[[], Awaitable[Listing]], open_watch: Open, *, doing: str
) -> AsyncGenerator[Listing, None]:
    """Yield the collection now and after each change, for ever."""
    current = await list_all()
    yield current
    while True:
        try:
            async with open_watch(current.resource_version) as stream:
                async for lines in _lines(stream):
                    before, current = current, _fold(current, lines, doing)
                    if current.items is not before.items:
                        yield current
        except Expired:
            before, current = current, await list_all()
            if current.items != before.items:
                yield current


async def _lines(stream: Streaming) -> AsyncIterator[list[bytes]]:
    """Yield the complete lines of each chunk."""
    rest = b""
    async for chunk in stream.chunks():
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield lines
    if rest:
        raise TransientError("the watch ended within a line")


def _fold(current: Listing, lines: list[bytes], doing: str) -> Listing:
    items: dict[Key, Object] | None = None
    version = current.resource_version
    for line in lines:
        if not line.strip():
            continue
        event = _event(line)
        kind, item = text(event, "type"), obj(event, "object")
        if kind == "ERROR":
            raise error_of_event(item, doing=doing)
        version = text(item, "metadata", "resourceVersion") or version
        if kind != "BOOKMARK":
            items = dict(current.items) if items is None else items
            _change(items, kind, item)
    kept: Mapping[Key, Object] = current.items if items is None else items
    return Listing(items=kept, resource_version=version)


def _event(line: bytes) -> Object:
    try:
        return decode_object(line)
    except FormatError as err:
        raise TransientError("the watch sent what is no event") from err


def _change(items: dict[Key, Object], kind: str, item: Object) -> None:
    if kind == "DELETED":
        items.pop(key_of(item), None)
    else:
        items[key_of(item)] = item
