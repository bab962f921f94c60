"""Rendezvous with discovery services: the adapter of `ports.rendezvous.Rendezvous`.

    hello ─► publish (at once, after a change, every ttl/2) beside watch ─► lost: back off, again

One task for each service. What was heard stays known while the service is silent: nodes do not go
because the place where they were heard of did.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from ichor.cosi.wakes import Wakes
from ichor.errors import IchorError
from ichor.log import fields, logger
from ichor.peers.discovery import TTL, Cluster, DiscoveryClient, Redirected
from ichor.ports.clock import Clock
from ichor.ports.rendezvous import Action, Announce, Leave, Session
from ichor.rpc.client import Channel
from ichor.rpc.dial import DialOptions
from ichor.rpc.peer import TcpTarget
from ichor.rpc.tls import ClientTls, client_context

ROOTS: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_REST_S: Final = (1.0, 60.0)
_GOODBYE_S: Final = 5.0
_KEEPALIVE_S: Final = TTL.total_seconds() / 10
_log = logger(__name__)


class Rendezvous:
    """refresh: how often what was said is said again, well within its time to live."""

    def __init__(self, clock: Clock, refresh: timedelta = TTL / 2) -> None:
        self._clock = clock
        self._refresh = refresh
        self._wakes = Wakes()
        self._sessions: dict[str, _Session] = {}

    def observe(self) -> Mapping[str, Session]:
        return {service: one.seen for service, one in self._sessions.items()}

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    async def apply(self, action: Action) -> None:
        held = self._sessions.get(action.service)
        match action:
            case Announce(service=service):
                if held is not None and held.is_of(action):
                    held.say(action)
                    return
                if held is not None:
                    await held.end()
                self._sessions[service] = _Session(action, self._clock, self._wakes, self._refresh)
            case Leave(service=service):
                if held is not None:
                    await held.end()
                    del self._sessions[service]


class _Session:
    """seen: what is observed of it; a value, replaced whenever something is heard."""

    def __init__(self, said: Announce, clock: Clock, wakes: Wakes, refresh: timedelta) -> None:
        self.seen = Session(said=said)
        self._refresh = refresh
        self._clock = clock
        self._wakes = wakes
        self._changed = asyncio.Event()
        self._service = said.service
        self._task = asyncio.get_running_loop().create_task(
            self._talk_for_ever(), name=f"discovery {said.service}"
        )

    def is_of(self, said: Announce) -> bool:
        """Say whether only the description differs, so that the connection may stay."""
        return replace(said, affiliate=self.seen.said.affiliate) == self.seen.said

    def say(self, said: Announce) -> None:
        self.seen = replace(self.seen, said=said)
        self._changed.set()

    async def end(self) -> None:
        """Say goodbye, if there is somebody to hear it."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        channel = self._channel()
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await self._client(channel).withdraw()
        except (IchorError, OSError, TimeoutError) as err:
            _log.warning("no goodbye", extra=fields(service=self._service, error=err))
        finally:
            await channel.close()

    async def _talk_for_ever(self) -> None:
        rest, longest = _REST_S
        while True:
            begun = self._clock.monotonic()
            channel = self._channel()
            try:
                await self._talk(self._client(channel))
            except* Redirected as group:
                self._service = self._redirected(_first(group, Redirected).endpoint)
            except* (IchorError, OSError) as group:
                self._note(str(group.exceptions[0]))
            finally:
                await channel.close()
            if self._clock.monotonic() - begun > longest:
                rest = _REST_S[0]
            await self._clock.sleep(rest)
            rest = min(rest * 2, longest)

    def _redirected(self, endpoint: str) -> str:
        """Read where a service sends us: `host:port` or a host alone; nonsense changes nothing."""
        host, colon, port = endpoint.rpartition(":")
        if not colon:
            return f"{endpoint}:{80 if self.seen.said.insecure else 443}"
        return endpoint if host and port.isdecimal() else self.seen.said.service

    async def _talk(self, client: DiscoveryClient) -> None:
        await client.hello()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish(client))
            tasks.create_task(self._watch(client))

    async def _publish(self, client: DiscoveryClient) -> None:
        while True:
            self._changed.clear()
            await client.publish(self.seen.said.affiliate, ())
            with suppress(TimeoutError):
                async with asyncio.timeout(self._refresh.total_seconds()):
                    await self._changed.wait()

    async def _watch(self, client: DiscoveryClient) -> None:
        async with aclosing(client.watch()) as heard:
            async for found in heard:
                self.seen = replace(self.seen, found=found, error="")
                self._wakes.ring()

    def _note(self, error: str) -> None:
        if error != self.seen.error:
            _log.warning("discovery is silent", extra=fields(service=self._service, error=error))
            self.seen = replace(self.seen, error=error)
            self._wakes.ring()

    def _client(self, channel: Channel) -> DiscoveryClient:
        said = self.seen.said
        secret = base64.b64decode(said.secret.reveal())
        cluster = Cluster(id=said.cluster_id, secret=secret, node_id=said.affiliate.node_id)
        return DiscoveryClient(channel, cluster)

    def _channel(self) -> Channel:
        host, _, port = self._service.rpartition(":")
        tls = None if self.seen.said.insecure else ClientTls(client_context(_roots()))
        options = DialOptions(connect_timeout_s=10, keepalive_s=_KEEPALIVE_S)
        return Channel(TcpTarget(host.strip("[]"), int(port), tls), options=options)


def _first(group: BaseExceptionGroup[Redirected], kind: type[Redirected]) -> Redirected:
    one = group.exceptions[0]
    return one if isinstance(one, kind) else _first(one, kind)  # type: ignore[arg-type]


def _roots() -> bytes:
    return ROOTS.read_bytes() if ROOTS.exists() else b""
