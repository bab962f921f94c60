"""One endpoint of a channel: its link, made when needed, and again after a loss, with back-off."""

import asyncio
import random
from dataclasses import dataclass

from ichor.rpc.budget import Budget
from ichor.rpc.connection import Connection
from ichor.rpc.engine import UNLIMITED, Limits
from ichor.rpc.peer import Target, TcpTarget, TlsPeer, UnixTarget
from ichor.rpc.status import Code, RpcError

_random = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class DialOptions:
    """keepalive_s: ping a silent server while calls run.

    grpc-go's servers by default drop who pings more often than every 300 s.
    drain_s: how long calls go on over a connection that has been replaced.
    idle_s: close a connection that carried no call for that long, twice it at most; None never.
    """

    connect_timeout_s: float = 20.0
    backoff_s: float = 1.0
    backoff_max_s: float = 15.0
    keepalive_s: float | None = None
    keepalive_timeout_s: float = 20.0
    drain_s: float = 3600.0
    idle_s: float | None = None
    # Streams have windows of their own and the process a budget: a window of the connection would
    # let some readers that stand still stop all others.
    limits: Limits = Limits(streams=0, connection_window=UNLIMITED)  # noqa: RUF009 - frozen


class Endpoint:
    def __init__(self, target: Target, options: DialOptions, budget: Budget | None = None) -> None:
        self.target = target
        self._budget = budget
        self._options = options
        self._connection: Connection | None = None
        self._dialling: asyncio.Task[Connection] | None = None
        self._outdated: set[asyncio.Task[Connection]] = set()
        self._failures = 0
        self._error: RpcError | None = None
        self.retry_at = 0.0

    def resting(self) -> RpcError | None:
        """Why it is not dialled right now, if so."""
        if self._dialling is None and asyncio.get_running_loop().time() < self.retry_at:
            return self._error
        return None

    async def connection(self) -> Connection:
        """Give a usable connection; callers share one dial. Raises RpcError UNAVAILABLE."""
        if self._connection is not None and self._connection.usable():
            return self._connection
        if self._dialling is None:
            self._dialling = asyncio.get_running_loop().create_task(self._dial())
            self._dialling.add_done_callback(self._dialled)
        return await asyncio.shield(self._dialling)

    def _dialled(self, task: asyncio.Task[Connection]) -> None:
        if task in self._outdated:
            self._outdated.discard(task)
            if not task.cancelled() and task.exception() is None:
                task.result().drain()  # whoever waited for it dials anew
            return
        self._dialling = None
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._failures = 0
            self._connection = task.result()
            return
        rest = min(self._options.backoff_s * 1.6**self._failures, self._options.backoff_max_s)
        self._failures += 1
        self.retry_at = asyncio.get_running_loop().time() + rest * _random.uniform(0.8, 1.2)
        self._error = error if isinstance(error, RpcError) else None

    async def _dial(self) -> Connection:
        connection: Connection | None = None
        try:
            connection = self._make()
            async with asyncio.timeout(self._options.connect_timeout_s):
                await self._reach(connection)
                await connection.ready
            self._check(connection)
        except (OSError, TimeoutError, ValueError) as error:
            if connection is not None:
                connection.abort()
            why = f"{self._name()}: {str(error) or 'timed out'}"
            raise RpcError(Code.UNAVAILABLE, why, unprocessed=True) from error
        except BaseException:
            if connection is not None:
                connection.abort()
            raise
        if self._options.keepalive_s is not None:
            connection.keep_alive(
                self._options.keepalive_s, self._options.keepalive_timeout_s, idle=False
            )
        if self._options.idle_s is not None:
            connection.rest_after(self._options.idle_s)
        return connection

    def _make(self) -> Connection:
        target = self.target
        if isinstance(target, TcpTarget) and target.tls is not None:
            name = target.tls.name or target.host
            return Connection(
                self._options.limits, budget=self._budget, context=target.tls.context, name=name
            )
        return Connection(self._options.limits, budget=self._budget)

    async def _reach(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(self.target, UnixTarget):
            await loop.create_unix_connection(lambda: connection.wire, self.target.path)
        else:
            await loop.create_connection(
                lambda: connection.wire,
                self.target.host,
                self.target.port,
                happy_eyeballs_delay=0.25,
            )

    def _check(self, connection: Connection) -> None:
        tls = self.target.tls if isinstance(self.target, TcpTarget) else None
        if tls is not None and tls.verify is not None:
            peer = connection.peer
            tls.verify(peer.chain if isinstance(peer, TlsPeer) else ())

    def _name(self) -> str:
        return self.target.path if isinstance(self.target, UnixTarget) else self.target.authority

    def drop(self) -> None:
        """Let running calls end and dial afresh for the next (certificates have changed)."""
        if self._connection is not None:
            self._connection.drain(limit_s=self._options.drain_s)
            self._connection = None
        if self._dialling is not None:
            self._outdated.add(self._dialling)
            self._dialling = None
        self.retry_at = 0.0

    async def close(self) -> None:
        dials = [*self._outdated, *filter(None, [self._dialling])]
        for dial in dials:
            dial.cancel()
        await asyncio.gather(*dials, return_exceptions=True)
        if self._connection is not None:
            self._connection.drain()
            self._connection.close()
            await self._connection.gone
