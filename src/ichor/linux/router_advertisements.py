"""Name servers and search domains of router advertisements, as rtnetlink tells them.

The kernel tells each once and keeps none of it. Whoever begins to listen asks the routers of all
links, for they may not speak for half an hour (RFC 4861, 6.3.7), and those of a link that carries
again: the kernel asks by itself only where a link comes up.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from ipaddress import ip_address

from ichor.errors import FormatError
from ichor.linux.announce import solicit
from ichor.linux.netlink import NETLINK_ROUTE, listener, waiting
from ichor.linux.process import readable
from ichor.log import fields, logger
from ichor.ports.clock import Clock
from ichor.ports.router_options import Advertised
from ichor.protocols.netlink import link, message, router_option
from ichor.protocols.router_options import RouterOptions

log = logger(__name__)


class KernelRouterAdvertisements:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def snapshots(self) -> AsyncIterator[Mapping[str, Advertised]]:
        options = RouterOptions()
        running: set[int] = set()
        with listener(NETLINK_ROUTE, (router_option.GROUP, link.GROUP)) as listening:
            for _, name in socket.if_nameindex():
                solicit(name)
            before: Mapping[str, Advertised] | None = None
            while True:
                held = self._advertised(options)
                if held != before:
                    before = held
                    yield held
                await self._heard(listening, options.next_end())
                for raw in waiting(listening):
                    self._hear(raw, options, running)

    async def _heard(self, listening: socket.socket, end: float) -> None:
        pause = max(0.0, end - self._clock.monotonic())
        with suppress(TimeoutError):
            async with asyncio.timeout(pause if pause < 1e9 else None):
                await readable(listening.fileno())

    def _hear(self, raw: bytes, options: RouterOptions, running: set[int]) -> None:
        for each in message.parse(raw):
            try:
                self._take(each, options, running)
            except FormatError as error:  # anybody on the link may say anything
                log.debug("not understood", extra=fields(why=str(error)))

    def _take(self, each: message.Message, options: RouterOptions, running: set[int]) -> None:
        """Raises FormatError."""
        if each.type == router_option.NEW:
            option = router_option.parse(each.payload)
            if option is not None:
                options.hear(option, self._clock.monotonic())
        elif each.type in (link.NEW, link.DELETE):
            seen = link.parse(each.payload)
            if each.type == link.DELETE or not seen.flags & link.RUNNING:
                running.discard(seen.ifindex)
                options.forget(seen.ifindex)
            elif seen.ifindex not in running:
                running.add(seen.ifindex)
                solicit(seen.name)

    def _advertised(self, options: RouterOptions) -> Mapping[str, Advertised]:
        found: dict[str, Advertised] = {}
        for index, known in options.known(self._clock.monotonic()).items():
            with suppress(OSError):  # it is gone
                name = socket.if_indextoname(index)
                servers = (at_link(server, name) for server in known.servers)
                found[name] = Advertised(servers=tuple(servers), domains=known.domains)
        return found


def at_link(server: str, name: str) -> str:
    return f"{server}%{name}" if ip_address(server).is_link_local else server
