import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from ichor.errors import TransientError
from ichor.formats.ocispec import Container
from ichor.peers.container_services import ContainerServices
from ichor.ports.containers import Event, Exit, Running
from ichor.ports.service import Start, State, Stop
from ichor.resources.runtime.service_spec import Image, Restart, ServiceSpec

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class FakeClock:
    """Sleeping takes one turn of the loop."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class FakeContainers:
    """Runs one container; `faults` are raised by the starts to come, `ends` end them."""

    def __init__(self) -> None:
        self.faults: list[Exception] = []
        self.ends: asyncio.Queue[int] = asyncio.Queue()
        self.answers = 0
        self.stopped: list[str] = []

    async def list(self) -> tuple[Running, ...]:
        self.answers += 1
        if self.answers < 3:
            raise TransientError("no answer yet")
        return ()

    async def start(self, container: Container) -> int:
        if self.faults:
            raise self.faults.pop(0)
        return 42

    async def wait(self, container_id: str) -> Exit:
        return Exit(await self.ends.get(), NOW)

    async def kill(self, container_id: str, signal: int) -> None:
        raise NotImplementedError

    async def stop(self, container_id: str, *, grace_s: float) -> Exit | None:
        self.stopped.append(container_id)
        return None

    async def remove(self, container_id: str) -> None:
        return None

    def events(self) -> AsyncIterator[Event]:
        raise NotImplementedError


def spec(restart: Restart = Restart.ALWAYS) -> ServiceSpec:
    container = Container(id="etcd", image="ichor.local/etcd:v1", args=(), cgroup_path="/x")
    return ServiceSpec(id="etcd", program=Image(container=container), restart=restart)


async def until(services: ContainerServices, state: State, starts: int = 1) -> None:
    async with asyncio.timeout(5):
        async for _ in services.wakes():
            held = services.observe()["etcd"]
            if held.state is state and held.starts >= starts:
                return


def test_a_runtime_that_does_not_answer_yet_is_waited_for() -> None:
    async def run() -> None:
        services = ContainerServices(FakeContainers(), FakeClock())
        await services.apply(Start(spec=spec()))
        await until(services, State.RUNNING)
        assert services.observe()["etcd"].pid == 42
        await services.stop_all()

    asyncio.run(run())


def test_a_container_that_ends_is_started_again() -> None:
    async def run() -> None:
        containers = FakeContainers()
        services = ContainerServices(containers, FakeClock())
        await services.apply(Start(spec=spec()))
        containers.ends.put_nowait(137)
        await until(services, State.RUNNING, starts=2)
        assert any("signal 9" in one.message for one in services.observe()["etcd"].events)
        await services.stop_all()

    asyncio.run(run())


def test_a_bug_on_the_way_does_not_end_the_service_for_good() -> None:
    async def run() -> None:
        containers = FakeContainers()
        containers.faults = [ValueError("bug"), TransientError("away")]
        services = ContainerServices(containers, FakeClock())
        await services.apply(Start(spec=spec()))
        await until(services, State.RUNNING, starts=3)
        await services.stop_all()

    asyncio.run(run())


def test_what_should_run_once_and_fails_stays_failed() -> None:
    async def run() -> None:
        containers = FakeContainers()
        services = ContainerServices(containers, FakeClock())
        await services.apply(Start(spec=spec(Restart.NEVER)))
        containers.ends.put_nowait(3)
        await until(services, State.FAILED)

    asyncio.run(run())


def test_stopping_stops_the_container_and_nothing_starts_it_again() -> None:
    async def run() -> None:
        containers = FakeContainers()
        services = ContainerServices(containers, FakeClock())
        await services.apply(Start(spec=spec()))
        await until(services, State.RUNNING)
        await services.apply(Stop(id="etcd"))
        assert containers.stopped == ["etcd"]
        assert services.observe()["etcd"].state is State.FINISHED

    asyncio.run(run())
