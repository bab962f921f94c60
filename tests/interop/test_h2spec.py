"""h2spec against our HTTP/2: the connection and streams as the server uses them.

h2spec speaks plain HTTP with GET and wants bodies to play with windows, so what answers here is not
gRPC; all below the calls is the server's own.
"""

import asyncio
import re

import pytest
from tests.interop.gopeer import build
from tests.rpc.echo import run

from ichor.rpc.connection import Connection
from ichor.rpc.engine import Limits
from ichor.rpc.status import RpcError
from ichor.rpc.stream import Stream

pytestmark = pytest.mark.interop


async def answer(stream: Stream) -> None:
    try:
        while (chunk := await stream.read()) is not None:
            stream.credit(chunk.credit)
        stream.send_headers([(b":status", b"200"), (b"content-type", b"text/plain")])
        await stream.write(b"hello, world", end=True)
    except RpcError:
        pass  # that is what h2spec is for


async def report(*sections: str) -> str:
    tasks: set[asyncio.Task[None]] = set()

    def accept(_: Connection, stream: Stream) -> None:
        task = asyncio.get_running_loop().create_task(answer(stream))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(Limits(streams=100, frame=16384), accept=accept).wire, "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        str(build("h2spec", "github.com/summerwind/h2spec/cmd/h2spec")),
        *("-h", "127.0.0.1", "-p", str(port), "-o", "1", "--strict"),
        *sections,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
        server.close()
    return output.decode()


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    build("h2spec", "github.com/summerwind/h2spec/cmd/h2spec")


def test_h2spec_finds_no_fault() -> None:
    text = run(report())
    summary = re.search(r"(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed", text)
    assert summary is not None, text
    print(summary[0])
    assert summary[4] == "0", text[text.find("Failures:") :]
