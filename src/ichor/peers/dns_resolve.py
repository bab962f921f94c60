"""Resolving: from a query's bytes to the answer's, by names we know, the cache, or a server.

What is not plain is refused at once: unreadable, another opcode, too many questions under way, or
nobody to ask. A pod that waits for a time-out of its own is worse off than one that is told.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple

from ichor.errors import FormatError, TransientError
from ichor.peers import dns_upstream
from ichor.protocols.dns import packet
from ichor.protocols.dns.cache import Cache
from ichor.protocols.dns.packet import Query, Question, Reply

_AT_ONCE: Final = 256
_KNOWN_TTL: Final = 10
_SUSPECT_S: Final = 10.0  # for so long a server that failed is asked last

Ask = Callable[[str, bytes, Question], Awaitable[tuple[Reply, bytes]]]


class Transports(NamedTuple):
    """How a server is asked; `stream` for what does not fit into a datagram."""

    datagram: Ask = dns_upstream.ask_udp
    stream: Ask = dns_upstream.ask_tcp


class Resolver:
    """monotonic: seconds. changed: called when an upstream's health changed."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        changed: Callable[[], None] = lambda: None,
        transports: Transports | None = None,
    ) -> None:
        self._monotonic = monotonic
        self._changed = changed
        self._transports = transports or Transports()
        self._cache = Cache()
        self._upstreams: tuple[str, ...] = ()
        self._failed: dict[str, float] = {}
        self._hosts: Mapping[str, Sequence[str]] = {}
        self._under_way = 0

    @property
    def upstreams(self) -> tuple[str, ...]:
        return self._upstreams

    def is_healthy(self, upstream: str) -> bool:
        return upstream not in self._failed

    def forward(self, upstreams: Sequence[str]) -> None:
        self._upstreams = tuple(upstreams)
        self._failed = {}
        self._cache.clear()

    def know(self, hosts: Mapping[str, Sequence[str]]) -> None:
        self._hosts = {f"{name}.": found for name, found in hosts.items()}

    async def answer(self, raw: bytes, *, is_stream: bool) -> bytes | None:
        """Give the answer; None where there is nobody to answer to."""
        try:
            query = packet.read_query(raw)
        except FormatError:
            return packet.bare_failure(raw)
        found = self._at_once(raw, query)
        if found is None:
            found = await self._from_upstream(raw, query, is_stream=is_stream)
        if not is_stream and len(found) > query.size:
            return packet.cut(found, query)
        return found

    def _at_once(self, raw: bytes, query: Query) -> bytes | None:
        if not packet.is_standard(query):
            return packet.failure(raw, query, packet.NOT_IMPLEMENTED)
        if query.question.name in self._hosts:
            found = self._hosts[query.question.name]
            return packet.addresses(raw, query, found, _KNOWN_TTL)
        kept = self._cache.find(query, raw, self._monotonic())
        if kept is None and (not self._upstreams or self._under_way >= _AT_ONCE):
            return packet.failure(raw, query, packet.SERVER_FAILURE)
        return kept

    async def _from_upstream(self, raw: bytes, query: Query, *, is_stream: bool) -> bytes:
        self._under_way += 1
        try:
            for server in self._in_order():
                got = await self._ask(server, raw, query, is_stream=is_stream)
                if got is not None:
                    reply, message = got
                    self._cache.keep(query, reply, message, self._monotonic())
                    return packet.for_query(message, raw, query)
        finally:
            self._under_way -= 1
        return packet.failure(raw, query, packet.SERVER_FAILURE)

    async def _ask(
        self, server: str, raw: bytes, query: Query, *, is_stream: bool
    ) -> tuple[Reply, bytes] | None:
        ask = self._transports.stream if is_stream else self._transports.datagram
        try:
            reply, message = await ask(server, raw, query.question)
        except TransientError:
            self._note(server, is_well=False)
            return None
        # It is there; but what it cannot say another one may (a resolver whose own servers fail).
        self._note(server, is_well=True)
        is_only = len(self._upstreams) == 1
        return (reply, message) if is_only or reply.code != packet.SERVER_FAILURE else None

    def _in_order(self) -> list[str]:
        """Give the servers as configured, those that failed lately behind the others."""
        recent = self._monotonic() - _SUSPECT_S
        return sorted(self._upstreams, key=lambda one: self._failed.get(one, recent) > recent)

    def _note(self, server: str, *, is_well: bool) -> None:
        before = self.is_healthy(server)
        if is_well:
            self._failed.pop(server, None)
        elif server in self._upstreams:
            self._failed[server] = self._monotonic()
        if before is not self.is_healthy(server):
            self._changed()


async def serve_stream(
    resolver: Resolver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle_s: float
) -> None:
    """Answer the queries of one TCP connection, one after the other, until it ends or idles."""
    while True:
        async with asyncio.timeout(idle_s):
            raw = await dns_upstream.read_message(reader)
        answer = await resolver.answer(raw, is_stream=True)
        if answer is None:
            return
        writer.write(len(answer).to_bytes(2) + answer)
        await writer.drain()
