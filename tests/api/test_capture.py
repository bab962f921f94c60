"""Packets of the loopback of a namespace of its own, captured through the API."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.api.serving import refused, serving
from tests.fresh import fresh

from ichor.api.machine import capture
from ichor.cli.pcap import instructions
from ichor.client.machine import Node
from ichor.errors import InputError
from ichor.formats.packet import words
from ichor.formats.pcap import Packet, Reader
from ichor.linux.network import KernelNetwork
from ichor.ports.network import SetLink
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.status import Code, RpcError

# tcpdump -dd -y EN10MB 'ip and udp dst port 7000', without the check for fragments
TO_7000 = """
{ 0x28, 0, 0, 0x0000000c },
{ 0x15, 0, 5, 0x00000800 },
{ 0x30, 0, 0, 0x00000017 },
{ 0x15, 0, 3, 0x00000011 },
{ 0x28, 0, 0, 0x00000024 },
{ 0x15, 0, 1, 0x00001b58 },
{ 0x6, 0, 0, 0x00040000 },
{ 0x6, 0, 0, 0x00000000 },
"""
REFUSED = "{ 0x6, 0, 0 , 0x1 },\n{ 0xffff, 0, 0, 1 }"


async def packets(node: Node, request: pb.PacketCaptureRequest) -> AsyncIterator[Packet]:
    """Yield packets; datagrams are sent once the capture has begun."""
    reader = Reader()
    async for piece in node.stream("PacketCapture", request, common_pb2.Data):
        is_first = reader.link < 0
        for packet in reader.read(piece.bytes):
            yield packet
        if is_first:
            send()


def send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for port, text in ((7001, b"not this"), (7000, b"this" * 100), (7002, b"nor this")):
            sender.sendto(text, ("127.0.0.1", port))


def set_loopback(*, up: bool) -> None:
    KernelNetwork().apply(SetLink(name="lo", up=up))


async def _filtered() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with serving(Path(folder), capture.handlers()) as node, asyncio.timeout(20):
            program = instructions(TO_7000)
            request = pb.PacketCaptureRequest(interface="lo", snap_len=60, bpf_filter=program)
            found = packets(node, request)
            first = await anext(found)
            assert words(1, first.data).endswith("> 127.0.0.1:7000: UDP, 408 bytes")
            assert (len(first.data), first.length) == (60, 442)
            send()  # the loopback shows each packet twice: as it goes, and as it comes
            later = [await anext(found) for _ in range(3)]
            assert all("127.0.0.1:7000" in words(1, one.data) for one in later)
            assert first.at_ns > 1_600_000_000 * 10**9


def filtered_scenario() -> None:
    set_loopback(up=True)
    asyncio.run(_filtered())


@pytest.mark.root
def test_what_a_filter_lets_through_is_captured_and_nothing_else() -> None:
    fresh(filtered_scenario, "unshare", "--net")


async def asked(folder: Path, request: pb.PacketCaptureRequest) -> None:
    async with serving(folder, capture.handlers()) as node:
        async for _ in node.stream("PacketCapture", request, common_pb2.Data):
            return


def test_a_link_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RpcError) as caught:
        asyncio.run(asked(tmp_path, pb.PacketCaptureRequest(interface="nope0")))
    refused(caught.value, Code.NOT_FOUND, "nope0")


async def _down() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with serving(Path(folder), capture.handlers()) as node, asyncio.timeout(20):
            request = pb.PacketCaptureRequest(interface="lo")
            found = node.stream("PacketCapture", request, common_pb2.Data)
            await anext(found)
            set_loopback(up=False)
            with pytest.raises(RpcError) as caught:
                [piece async for piece in found]
            refused(caught.value, Code.UNAVAILABLE, "lo", "down")


def down_scenario() -> None:
    set_loopback(up=True)
    asyncio.run(_down())


@pytest.mark.root
def test_a_link_that_goes_down_is_said() -> None:
    fresh(down_scenario, "unshare", "--net")


@pytest.mark.root
def test_a_filter_that_the_kernel_refuses_is_said(tmp_path: Path) -> None:
    request = pb.PacketCaptureRequest(interface="lo", bpf_filter=instructions(REFUSED))
    with pytest.raises(RpcError) as caught:
        asyncio.run(asked(tmp_path, request))
    refused(caught.value, Code.INVALID_ARGUMENT, "refuses the filter")


def test_numbers_that_no_instruction_has_are_refused(tmp_path: Path) -> None:
    request = pb.PacketCaptureRequest(interface="lo", bpf_filter=[pb.BPFInstruction(jt=256)])
    with pytest.raises(RpcError) as caught:
        asyncio.run(asked(tmp_path, request))
    refused(caught.value, Code.INVALID_ARGUMENT, "256")


@pytest.mark.parametrize(
    "text",
    ["{ 0x28, 0, 0 }", "(000) ldh [12]", "{ -1, 0, 0, 0 },", "{ 010, 0, 0, 0 },"],
)
def test_what_is_no_program_is_refused_with_how_to_make_one(text: str) -> None:
    with pytest.raises(InputError, match="tcpdump -dd"):
        list(instructions(text))
