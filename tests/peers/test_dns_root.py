"""The DNS server in a network namespace of its own, asked by the C library and by hand."""

import asyncio
import struct
from pathlib import Path
from typing import cast

import pytest
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.linux.clock import KernelClock
from ichor.linux.mount import KernelMounts
from ichor.linux.network import KernelNetwork
from ichor.peers.dns_server import HostDns
from ichor.peers.dns_upstream import ask_tcp, ask_udp
from ichor.ports.dns import Close, Forward, Listen
from ichor.ports.mount import Attach, Bind
from ichor.ports.network import Add, Address, SetLink
from ichor.protocols.dns import packet
from ichor.protocols.dns.packet import Question, read_query

pytestmark = pytest.mark.root

NODE, PODS = "127.0.0.53:53", "169.254.116.108:53"
UPSTREAM, SILENT = "127.0.0.9", "127.0.0.8"
QUESTION = Question("big.example.", packet.A, packet.IN)


class Upstream(asyncio.DatagramProtocol):
    """Gives every name forty addresses if it is called big, else one."""

    def __init__(self) -> None:
        self.asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self.answer(data)
        query = read_query(data)
        self.transport.sendto(packet.cut(answer, query) if len(answer) > 512 else answer, addr)

    def answer(self, raw: bytes) -> bytes:
        self.asked += 1
        query = read_query(raw)
        count = 40 if query.question.name.startswith("big") else 1
        found = [f"10.0.0.{number}" for number in range(1, count + 1)]
        return packet.addresses(raw, query, found, 60)

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2))
        answer = self.answer(await reader.readexactly(size))
        writer.write(struct.pack("!H", len(answer)) + answer)
        writer.close()


async def scene() -> None:
    loop = asyncio.get_running_loop()
    network = KernelNetwork()
    network.apply(SetLink(name="lo", up=True))
    upstream = Upstream()
    transport, _ = await loop.create_datagram_endpoint(lambda: upstream, local_addr=(UPSTREAM, 53))
    streams = await asyncio.start_server(upstream.stream, UPSTREAM, 53)
    silent, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=(SILENT, 53)
    )
    dns = HostDns(KernelClock())
    for address in (NODE, PODS):
        await dns.apply(Listen(address=address))  # before the second address exists
    network.apply(Add(what=Address(link="lo", address="169.254.116.108/32", scope=254)))

    asked = packet.build_query(1, QUESTION)
    reply, _ = await ask_udp("127.0.0.53", asked, QUESTION)
    assert reply.code == packet.SERVER_FAILURE
    assert upstream.asked == 0

    await dns.apply(Forward(upstreams=(SILENT, UPSTREAM)))
    for host in ("127.0.0.53", "169.254.116.108"):
        whole, _ = await ask_tcp(host, asked, QUESTION)
        assert whole.answers == 40
    cut, _ = await ask_udp("127.0.0.53", asked, QUESTION)
    assert cut.truncated
    assert upstream.asked == 1
    assert [(one.address, one.healthy) for one in dns.observe().upstreams] == [
        (SILENT, False),
        (UPSTREAM, True),
    ]

    found = await loop.getaddrinfo("some.example", 80, family=2, type=1)
    assert [one[4][0] for one in found] == ["10.0.0.1"]
    before = upstream.asked
    await asyncio.gather(*(loop.getaddrinfo("some.example", 80, family=2) for _ in range(20)))
    assert upstream.asked == before

    await dns.apply(Close(address=PODS))
    assert dns.observe().listening == (NODE,)
    await dns.apply(Listen(address=PODS))
    await dns.stop()
    transport.close()
    silent.close()
    streams.close()
    await streams.wait_closed()
    await asyncio.sleep(0)


def scenario() -> None:
    KernelMounts().apply(Attach(target="/srv", fstype="tmpfs", source="tmpfs"))
    Path("/srv/resolv.conf").write_text("nameserver 127.0.0.53\n")
    target = str(Path("/etc/resolv.conf").resolve())
    KernelMounts().apply(Bind(target=target, source="/srv/resolv.conf"))
    asyncio.run(scene())


def test_node_and_pods_are_answered_by_a_server_that_answers() -> None:
    fresh(scenario, *ALONE)
