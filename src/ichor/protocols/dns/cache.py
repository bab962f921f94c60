"""Answers kept for as long as they say, and no longer than we believe them.

Time is given by the caller, in seconds that never go back. What is kept: answers with code 0, and
«no such name» where the zone says for how long (RFC 2308). An answer given from here is as much
younger as it is old: its TTLs count down.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

from ichor.protocols.dns.packet import NAME_ERROR, Query, Question, Record, Reply, aged, for_query

MAX_TTL: Final = 3600
MAX_NEGATIVE_TTL: Final = 300
_ENTRIES: Final = 1000


class _Entry(NamedTuple):
    message: bytes
    records: tuple[Record, ...]
    since: float
    until: float


class _Key(NamedTuple):
    question: Question
    extended: bool
    secured: int


def _key(query: Query) -> _Key:
    return _Key(query.question, query.extended, query.secured)


class Cache:
    """The least recently used goes first when there is no room."""

    def __init__(self, entries: int = _ENTRIES) -> None:
        self._entries = entries
        self._held: OrderedDict[_Key, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def keep(self, query: Query, reply: Reply, raw: bytes, now: float) -> None:
        """Keep an answer to the query if it may be kept at all."""
        limit = MAX_TTL if reply.answers and reply.code == 0 else MAX_NEGATIVE_TTL
        ttl = min(reply.ttl, limit)
        if reply.truncated or reply.code not in (0, NAME_ERROR) or ttl <= 0:
            return
        key = _key(query)
        self._held[key] = _Entry(raw, tuple(reply.records), now, now + ttl)
        self._held.move_to_end(key)
        while len(self._held) > self._entries:
            self._held.popitem(last=False)

    def find(self, query: Query, asked: bytes, now: float) -> bytes | None:
        """Give the answer to a query, as its asker wants to see it."""
        key = _key(query)
        entry = self._held.get(key)
        if entry is None:
            return None
        if now >= entry.until:
            del self._held[key]
            return None
        self._held.move_to_end(key)
        younger = aged(entry.message, entry.records, int(now - entry.since), MAX_TTL)
        return for_query(younger, asked, query)

    def clear(self) -> None:
        self._held.clear()
