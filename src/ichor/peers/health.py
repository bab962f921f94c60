"""Health: services asked whether they answer, a task for each, the newest answer of each kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from ichor.cosi.wakes import Wakes
from ichor.errors import IchorError, TransientError
from ichor.ports.clock import Clock
from ichor.ports.health import Action, Check, Uncheck, Watched
from ichor.proto.grpc import health_pb2
from ichor.resources.runtime.service_status import (
    EtcdRead,
    Grpc,
    HealthCheck,
    HealthStatus,
    Http,
    Tcp,
    Unix,
)
from ichor.rpc.client import Channel
from ichor.rpc.method import method
from ichor.rpc.peer import TcpTarget, UnixTarget
from ichor.rpc.status import RpcError
from ichor.rpc.tls import ClientTls, Identity, client_context

_KEY: Final = b"health"
_CHECK: Final = method(
    health_pb2, "Health", "Check", health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse
)
Probe = Tcp | Unix | Http | Grpc | EtcdRead


class Prober:
    """The adapter of ports.health.Health."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watched: dict[str, Watched] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes = Wakes()

    def observe(self) -> Mapping[str, Watched]:
        return dict(self._watched)

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    def apply(self, action: Action) -> None:
        task = self._tasks.pop(action.id, None)
        if task is not None:
            task.cancel()
        match action:
            case Check(id=id, check=check):
                self._watched[id] = Watched(check=check, status=HealthStatus())
                self._tasks[id] = asyncio.get_running_loop().create_task(
                    self._ask_for_ever(id, check), name=f"health {id}"
                )
            case Uncheck(id=id):
                self._watched.pop(id, None)

    async def _ask_for_ever(self, id: str, check: HealthCheck) -> None:
        await self._clock.sleep(check.initial.total_seconds())
        while True:
            message = ""
            try:
                async with asyncio.timeout(check.timeout.total_seconds()):
                    await ask(check.probe)
            except TimeoutError:
                message = f"no answer within {check.timeout.total_seconds():g} s"
            except (OSError, IchorError, RpcError) as err:
                message = str(err) or type(err).__name__
            self._note(id, message)
            is_settled = self._watched[id].status.healthy
            # One that is not well yet is asked sooner: others wait for it.
            period = check.period.total_seconds()
            await self._clock.sleep(period if is_settled else min(period, 1.0))

    def _note(self, id: str, message: str) -> None:
        before = self._watched[id].status
        after = replace(before, healthy=not message, unknown=False, message=message)
        if before == after:
            return
        if before.healthy is not after.healthy or before.unknown:
            after = replace(after, changed=self._clock.now())
        self._watched[id] = replace(self._watched[id], status=after)
        self._wakes.ring()


async def ask(probe: Probe) -> None:
    """Ask once. Raises OSError, RpcError or TransientError unless the answer is good."""
    match probe:
        case Tcp(host=host, port=port):
            await _close(*await asyncio.open_connection(host, port))
        case Unix(path=path):
            await _close(*await asyncio.open_unix_connection(path))
        case Http():
            await _ask_http(probe)
        case Grpc(path=path):
            await _ask_grpc(path)
        case EtcdRead():
            await _ask_etcd(probe)


async def _close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _ask_http(probe: Http) -> None:
    reader, writer = await asyncio.open_connection(probe.host, probe.port)
    try:
        request = f"GET {probe.path} HTTP/1.1\r\nHost: {probe.host}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        status = (await reader.readline()).split(b" ", 2)
    finally:
        await _close(reader, writer)
    if len(status) < 2 or status[1] != b"200":
        raise TransientError(f"GET {probe.path} answered {b' '.join(status).decode().strip()}")


async def _ask_grpc(path: str) -> None:
    channel = Channel(UnixTarget(path))
    try:
        answer = await channel.unary(_CHECK, health_pb2.HealthCheckRequest())
    finally:
        await channel.close()
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise TransientError(f"says {answer.status}, expected SERVING")


async def _ask_etcd(probe: EtcdRead) -> None:
    """Read the key linearizably: that needs a quorum, whether the key exists or not."""
    from ichor.peers.etcd import EtcdClient  # control planes only; PID 1 starts without it

    host, _, port = probe.endpoint.rpartition(":")
    channel = Channel(TcpTarget(host, int(port), _tls(probe)))
    try:
        await EtcdClient(channel).get(_KEY)
    finally:
        await channel.close()


def _tls(probe: EtcdRead) -> ClientTls:
    identity = Identity(Path(probe.cert).read_bytes(), Path(probe.key).read_bytes())
    return ClientTls(client_context(Path(probe.ca).read_bytes(), identity))
