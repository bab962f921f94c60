"""Elections through etcd: the adapter of `ports.shared_address`.

    this node serves ─► the lock of the address, a lease of ten seconds ─► elected
    it serves no more, or the lease is lost ─► not elected, and another one is

A holder that dies is missed once its lease runs out. One that is cut off from etcd hears nothing of
its lease and gives up by itself, before the others can have the lock (`peers/etcd.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from ichor.cosi.wakes import Wakes
from ichor.errors import IchorError
from ichor.log import fields, logger
from ichor.peers.etcd_local import Connect
from ichor.peers.kube import Access, KubeClient
from ichor.ports.clock import Clock
from ichor.ports.shared_address import Action, Stand, Standings

log = logger(__name__)
LOCK: Final = "ichor:v1:sharedAddress:"
_LEASE_S: Final = 10
_LOOK_S: Final = 2.0
_PATIENCE: Final = 3  # looks in vain: an API server is away for a moment when it is told anew


class EtcdElections:
    """serves: whether this node can answer at the address. All methods in the loop's thread."""

    def __init__(
        self, connect: Connect, serves: Callable[[], Awaitable[bool]], clock: Clock
    ) -> None:
        self._connect = connect
        self._serves = serves
        self._clock = clock
        self._standings: dict[str, bool] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._wakes = Wakes()

    def observe(self) -> Standings:
        return dict(self._standings)

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    async def apply(self, action: Action) -> None:
        address = action.address
        task = self._tasks.pop(address, None)
        if task is not None:
            # It gives the lock back in its own time: the address goes now, whatever etcd says.
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
            task.cancel()
        self._standings.pop(address, None)
        if isinstance(action, Stand):
            self._standings[address] = False
            self._tasks[address] = asyncio.get_running_loop().create_task(
                self._stand(address), name=f"shared address {address}"
            )
        self._wakes.ring()

    async def _stand(self, address: str) -> None:
        while True:
            try:
                if await self._serves():
                    await self._hold(address)
            except (IchorError, OSError) as error:
                log.info("no election", extra=fields(address=address, why=str(error)))
            except Exception:  # a fault of ours must not end it for good
                log.exception("the election failed", extra=fields(address=address))
            await self._clock.sleep(_LOOK_S)

    async def _hold(self, address: str) -> None:
        """Wait to be elected, and return when this node serves no more. Raises TransientError."""
        lock = f"{LOCK}{address}".encode()
        async with self._connect() as etcd, etcd.lock(lock, ttl_s=_LEASE_S):
            try:
                vain = 0
                while vain < _PATIENCE:
                    vain = 0 if await self._serves() else vain + 1
                    if not vain:
                        self._set(address, held=True)
                    await self._clock.sleep(_LOOK_S)
            finally:
                if asyncio.current_task() not in self._leaving:
                    self._set(address, held=False)

    def _set(self, address: str, *, held: bool) -> None:
        if self._standings.get(address) is not held:
            self._standings[address] = held
            log.info("shared address", extra=fields(address=address, held=held))
            self._wakes.ring()


def api_server(identity: Callable[[], Access | None]) -> Callable[[], Awaitable[bool]]:
    """Say whether the API server of this node calls itself ready."""

    async def serves() -> bool:
        access = identity()
        if access is None:
            return False
        client = KubeClient(access, timeout_s=_LOOK_S)
        try:
            return await client.ready()
        except (IchorError, OSError):
            return False
        finally:
            await client.close()

    return serves
