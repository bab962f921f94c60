"""`ichor pcap`: packets of a machine's link, in words or as a capture."""

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from ichor.cli.node import Target, calls_machines
from ichor.errors import InputError
from ichor.units import parse_duration

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb

_NUMBER: Final = r"\s*(0x[0-9a-fA-F]+|0|[1-9][0-9]*)\s*"
_ROW: Final = re.compile(rf"\{{{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\}},?")
_STDOUT: Final = "-"


@click.command()
@click.option("-i", "--interface", default="eth0", show_default=True, help="The link.")
@click.option("--bpf-filter", "program", default="", help="As `tcpdump -dd` prints one.")
@click.option("--duration", default="0s", help="How long; until interrupted, if it is not said.")
@click.option("--promiscuous", is_flag=True, help="What is for others, too.")
@click.option("-o", "--output", default="", help="A file for the capture, - for stdout.")
@calls_machines
def pcap(
    target: Target, interface: str, program: str, duration: str, output: str, *, promiscuous: bool
) -> None:
    """Show packets that pass a link of a machine."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.PacketCaptureRequest(
        interface=interface, promiscuous=promiscuous, bpf_filter=instructions(program)
    )
    limit = parse_duration(duration).total_seconds() or None

    async def ask(node: "Node") -> None:
        with ExitStack() as stack:
            file = opened(output, stack)
            try:
                async with asyncio.timeout(limit):
                    await pour(node, request, file)
            except TimeoutError:
                pass  # that long it should be

    target.one(ask)


def instructions(text: str) -> "Iterator[pb.BPFInstruction]":
    """Read what `tcpdump -dd` prints: `{ 0x28, 0, 0, 0x0000000c },` a line. Raises InputError."""
    from ichor.proto.machine import machine_pb2 as pb

    for row in filter(None, map(str.strip, text.splitlines())):
        match = _ROW.fullmatch(row)
        if match is None:
            hint = "make it by: tcpdump -dd -y EN10MB 'tcp port 80'"
            raise InputError(f"{row!r} is no instruction", path="--bpf-filter", hint=hint)
        op, jt, jf, k = (int(part, 0) for part in match.groups())
        yield pb.BPFInstruction(op=op, jt=jt, jf=jf, k=k)


def opened(output: str, stack: ExitStack) -> BinaryIO | None:
    """Give where the capture goes; None for words."""
    if output == _STDOUT:
        return sys.stdout.buffer
    return stack.enter_context(Path(output).open("wb")) if output else None


async def pour(node: "Node", request: "pb.PacketCaptureRequest", file: BinaryIO | None) -> None:
    from ichor.formats.packet import words
    from ichor.formats.pcap import Reader
    from ichor.proto.common import common_pb2

    reader = Reader()
    async for piece in node.stream("PacketCapture", request, common_pb2.Data):
        if file is not None:
            file.write(piece.bytes)
            file.flush()
            continue
        for packet in reader.read(piece.bytes):
            at = datetime.fromtimestamp(packet.at_ns / 1e9, UTC)
            print(f"{at:%H:%M:%S.%f} {words(reader.link, packet.data)}", flush=True)
