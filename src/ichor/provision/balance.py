"""One address for several control planes: the hub's, whose connections go to one that answers.

    <gateway>:6443, :50001 ─► the next control plane in turn, or the one after it, and so on

A control plane that refuses or does not answer within a moment is passed over for this connection
and tried last for the next few seconds, so the loss of one costs callers no more than that moment.
While none answers, a connection waits for one for a while: callers that are refused pause longer.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from ichor.errors import TransientError
from ichor.log import fields, logger
from ichor.provision.forward import pump

log = logger(__name__)
_DIAL_S = 1.0  # within one bridge; a node that is down answers no ARP
_AVOID_S = 5.0
_PATIENCE_S = 12.0  # longer than a TLS handshake of Go: see peers.balancer
_AGAIN_S = 0.2


class Backends:
    """Addresses in the order in which to try them; clock: monotonic seconds."""

    def __init__(
        self, addresses: Sequence[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._addresses = list(addresses)
        self._clock = clock
        self._next = 0
        self._failed: dict[str, float] = {}

    def order(self) -> list[str]:
        """Give all of them, beginning with another each time, those that failed just now last."""
        start, self._next = self._next, (self._next + 1) % len(self._addresses)
        turned = [*self._addresses[start:], *self._addresses[:start]]
        since = self._clock() - _AVOID_S
        return sorted(turned, key=lambda each: self._failed.get(each, since) > since)

    def failed(self, address: str) -> None:
        self._failed[address] = self._clock()


class Balancer:
    """Serves one port until the stack ends."""

    def __init__(
        self, host: str, port: int, backends: Backends, patience_s: float = _PATIENCE_S
    ) -> None:
        self._patience_s = patience_s
        self._host = host
        self._port = port
        self._backends = backends

    async def start(self, stack: AsyncExitStack) -> int:
        """Listen; gives the port. Raises TransientError if it is taken."""
        try:
            server = await asyncio.start_server(self._accept, self._host, self._port)
        except OSError as err:
            where = f"{self._host}:{self._port}"
            raise TransientError(f"cannot listen on {where}: {err.strerror}") from err
        stack.callback(server.close)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far = await self._dial()
            if far is not None:
                await _join(reader, writer, *far)
        except OSError as err:
            log.debug("balanced connection broke", extra=fields(error=repr(err)))
        finally:
            writer.close()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        until = time.monotonic() + self._patience_s
        while True:
            found = await self._any()
            if found is not None or time.monotonic() >= until:
                return found
            await asyncio.sleep(_AGAIN_S)

    async def _any(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for address in self._backends.order():
            try:
                async with asyncio.timeout(_DIAL_S):
                    return await asyncio.open_connection(address, self._port)
            except (OSError, TimeoutError) as err:
                self._backends.failed(address)
                log.debug("passed over", extra=fields(address=address, error=repr(err)))
        return None


async def _join(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(pump(reader, far_writer))
            group.create_task(pump(far_reader, writer))
    except* OSError as errors:
        log.debug("balanced connection broke", extra=fields(error=repr(errors.exceptions[0])))
    finally:
        far_writer.close()
