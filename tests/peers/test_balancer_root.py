"""The balancer between real sockets, in a network namespace of its own."""

import asyncio
import contextlib

import pytest
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.linux.clock import KernelClock
from ichor.linux.network import KernelNetwork
from ichor.peers.balancer import LoopbackBalancer, Timing
from ichor.ports.balancer import Direct, Listen, Target
from ichor.ports.network import Add, Address, Bridge, CreateLink, Delete, SetLink

pytestmark = pytest.mark.root

AT = ("127.0.0.1", 7445)


class Server:
    """Says its name, then gives back what it gets until the end."""

    def __init__(self, host: str) -> None:
        self.target = Target(host, 6443)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, *self.target)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        writer.write(f"{self.target.host}\n".encode())
        with contextlib.suppress(ConnectionResetError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()


async def greeting() -> str:
    reader, writer = await asyncio.open_connection(*AT)
    try:
        return (await reader.readline()).decode().strip()
    finally:
        writer.close()


async def scene() -> None:
    KernelNetwork().apply(SetLink(name="lo", up=True))
    one, two = Server("127.0.0.2"), Server("127.0.0.3")
    await one.start()
    await two.start()
    loop = asyncio.get_running_loop()
    balancer = LoopbackBalancer(
        KernelClock(), Timing(interval=0.1, again=0.05, hurry=0.2, patience=0.5)
    )
    await balancer.apply(Direct(targets=(one.target, two.target)))
    await balancer.apply(Listen(address="127.0.0.1:7445"))
    heard = balancer.wakes()
    while not all(seen.healthy for seen in balancer.observe().targets):
        await anext(heard)

    assert {await greeting() for _ in range(6)} <= {"127.0.0.2", "127.0.0.3"}

    reader, writer = await asyncio.open_connection(*AT)
    await reader.readline()
    sent = bytes(range(256)) * 40960  # 10 MiB both ways
    writer.write(sent)
    writer.write_eof()
    assert await reader.read() == sent  # all of it, and then the end
    writer.close()

    await one.stop()
    started = loop.time()
    assert {await greeting() for _ in range(10)} == {"127.0.0.3"}
    print(f"ten connections after a server died: {loop.time() - started:.3f} s")

    await two.stop()
    while any(seen.healthy for seen in balancer.observe().targets):
        await anext(heard)
    with pytest.raises(OSError, match="reset"):
        await greeting()
    waiting = loop.create_task(greeting())
    await asyncio.sleep(0)
    await two.start()
    started = loop.time()
    assert await waiting == "127.0.0.3"  # it came while nobody answered
    assert await greeting() == "127.0.0.3"
    print(f"first connection after it is back: {loop.time() - started:.3f} s")

    await two.stop()
    await balancer.stop()
    assert balancer.observe().listening == ""


async def gone() -> None:
    """A machine that is gone does not even refuse."""
    network = KernelNetwork()
    network.apply(SetLink(name="lo", up=True))
    network.apply(CreateLink(name="wire", kind=Bridge()))
    network.apply(SetLink(name="wire", up=True))
    network.apply(Add(what=Address(link="wire", address="10.99.0.1/24")))
    own = Address(link="lo", address="10.99.0.9/32")
    network.apply(Add(what=own))
    far, near = Server("10.99.0.9"), Server("127.0.0.3")
    await far.start()
    await near.start()
    balancer = LoopbackBalancer(KernelClock(), Timing(interval=1000, hurry=0.2))
    await balancer.apply(Listen(address="127.0.0.1:7445"))
    await balancer.apply(Direct(targets=(far.target,)))
    assert await greeting() == "10.99.0.9"
    network.apply(Delete(what=own))
    await balancer.apply(Direct(targets=(far.target, near.target)))
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert [await greeting() for _ in range(4)] == ["127.0.0.3"] * 4
    took = loop.time() - started
    print(f"four connections past a machine that is gone: {took:.3f} s")
    assert took < 1
    await far.stop()
    await near.stop()
    await balancer.stop()


def gone_scenario() -> None:
    asyncio.run(gone())


def test_a_machine_that_is_gone_costs_one_short_wait() -> None:
    print(fresh(gone_scenario, *ALONE))


def scenario() -> None:
    asyncio.run(scene())


def test_connections_go_on_while_one_server_is_left() -> None:
    print(fresh(scenario, *ALONE))
