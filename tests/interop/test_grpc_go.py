"""Both ways against grpc-go: TLS with Ed25519 and P-256, unix sockets, through our proxy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue
from tests.interop.gopeer import build
from tests.rpc.echo import COUNT, DOUBLE, ECHO, HANDLERS, PULL, SUM, run
from tests.rpc.pki import Authority, authority

from ichor.rpc.client import Channel
from ichor.rpc.context import Context, Handler
from ichor.rpc.labels import submessage, varint
from ichor.rpc.peer import TcpTarget, UnixTarget
from ichor.rpc.proxy import Backend, One, Route, proxy
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError
from ichor.rpc.tls import ClientTls, Identity, ServerTls, client_context, server_context

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    build("peer")  # may take a minute; not within the time limit of a test


def any_of(text: str) -> bytes:
    url = submessage(1, b"type.googleapis.com/google.protobuf.StringValue")
    return url + submessage(2, StringValue(value=text).SerializeToString())


async def refuse(context: Context) -> None:
    message = submessage(2, "näh 100%".encode())
    details = varint(1 << 3) + varint(5) + message + submessage(3, any_of("why"))
    context.abort(Code.NOT_FOUND, "näh 100%", details=details)


async def hang(_: Context) -> None:
    await asyncio.Event().wait()


OURS: dict[str, Handler] = {**HANDLERS, "/test.Echo/Refuse": refuse, "/test.Echo/Hang": hang}


def write_identity(directory: Path, ca: Authority, identity: Identity) -> list[str]:
    directory.mkdir(exist_ok=True)
    (directory / "ca.pem").write_bytes(ca.pem)
    (directory / "chain.pem").write_bytes(identity.chain)
    (directory / "key.pem").write_bytes(identity.key)
    return ["-tls", str(directory)]


async def go_calls(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        str(build("peer")),
        "call",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert output == b"OK\n"


@asynccontextmanager
async def go_serves(*arguments: str) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        str(build("peer")),
        "serve",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


async def call_all(channel: Channel) -> None:
    for size in (0, 10, 100_000, 20 << 20):
        async with channel.stream(ECHO, timeout_s=20) as echo:
            await echo.send(BytesValue(value=b"x" * size))
            await echo.done()
            assert (await echo.headers()).one("first") == "1"
            assert [len(reply.value) async for reply in echo] == [size]
            assert echo.trailers.binary("last-bin") == b"\0\xff"
    with pytest.raises(RpcError) as caught:
        await channel.raw_unary("/test.Echo/Refuse", b"")
    assert (caught.value.code, caught.value.message) == (Code.NOT_FOUND, "näh 100%")
    assert caught.value.details.endswith(any_of("why"))
    with pytest.raises(RpcError, match="UNIMPLEMENTED"):
        await channel.raw_unary("/test.Echo/None", b"")
    with pytest.raises(RpcError, match="DEADLINE_EXCEEDED"):
        await channel.raw_unary("/test.Echo/Hang", b"", timeout_s=0.05)
    for method, sends, replies in ((COUNT, 1, 1000), (SUM, 1000, 1), (DOUBLE, 1000, 1000)):
        async with channel.stream(method) as stream:

            async def send() -> None:
                for _ in range(sends):  # noqa: B023 - awaited in this turn
                    await stream.send(Int64Value(value=1000))
                await stream.done()

            sending = asyncio.create_task(send())
            assert len([reply async for reply in stream]) == replies
            await sending
    replies_at_once = await asyncio.gather(
        *(channel.unary(ECHO, BytesValue(value=b"%d" % n)) for n in range(1000))
    )
    assert [reply.value for reply in replies_at_once] == [b"%d" % n for n in range(1000)]
    for _ in range(100):
        async with channel.stream(PULL) as pull:
            await pull.send(Int64Value(value=100))
            await pull.done()
            assert await pull.receive() is not None
    assert len((await channel.unary(ECHO, BytesValue(value=b"x" * (20 << 20)))).value) == 20 << 20


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_a_go_client_over_tls(tmp_path: Path, kind: str) -> None:
    ca = authority(kind)

    async def main() -> None:
        async with Server(OURS) as server:
            tls = ServerTls(server_context(ca.leaf("server"), ca.pem))
            port = await server.listen_tcp("127.0.0.1", 0, tls)
            shown = write_identity(tmp_path, ca, ca.leaf("admin", server=False))
            await go_calls(*shown, "-to", f"127.0.0.1:{port}")

    run(main())


def test_a_go_client_over_a_unix_socket(tmp_path: Path) -> None:
    async def main() -> None:
        async with Server(OURS) as server:
            await server.listen_unix(str(tmp_path / "s"))
            await go_calls("-unix", str(tmp_path / "s"))

    run(main())


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_our_client_against_a_go_server_over_tls(tmp_path: Path, kind: str) -> None:
    ca = authority(kind)

    async def main() -> None:
        async with go_serves(*write_identity(tmp_path, ca, ca.leaf("server"))) as address:
            tls = ClientTls(client_context(ca.pem, ca.leaf("admin", server=False)))
            target = TcpTarget("127.0.0.1", int(address.split(":")[1]), tls)
            async with Channel(target) as channel:
                await call_all(channel)

    run(main())


def test_go_to_go_through_our_proxy(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            go_serves("-unix", str(tmp_path / "back")),
            Channel(UnixTarget(str(tmp_path / "back"))) as backend,
        ):

            async def direct(context: Context) -> Route:
                return One(Backend("b", backend, context.metadata))

            async with Server({}, unknown=proxy(direct)) as front:
                await front.listen_unix(str(tmp_path / "front"))
                await go_calls("-unix", str(tmp_path / "front"))

    run(main())
