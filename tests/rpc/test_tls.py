"""TLS 1.3 with Ed25519 and P-256, client certificates, swaps, and who the peer is."""

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cryptography import x509
from google.protobuf.wrappers_pb2 import BytesValue
from tests.rpc.echo import ECHO, HANDLERS, on_unix, run
from tests.rpc.pki import Authority, authority

from ichor.rpc.client import Channel
from ichor.rpc.context import Context
from ichor.rpc.handlers import unary_unary
from ichor.rpc.peer import Peer, TcpPeer, TcpTarget, TlsPeer, UnixPeer, UnixTarget
from ichor.rpc.server import Server
from ichor.rpc.status import Code, RpcError
from ichor.rpc.tls import (
    Chain,
    ClientAuth,
    ClientTls,
    Identity,
    ServerTls,
    client_context,
    server_context,
)

CA = authority("ed25519")
OTHER = authority("ed25519", "other CA")
P256 = authority("p256")


def over_tls(
    use: Callable[[Channel], Awaitable[None]],
    *,
    ca: Authority = CA,
    client: Identity | None = None,
    auth: ClientAuth = ClientAuth.REQUIRED,
    trust: Authority | None = None,
    server: Server | None = None,
    verify: Callable[[Chain], None] | None = None,
    name: str | None = None,
) -> None:
    async def main() -> None:
        tls = ServerTls(server_context(ca.leaf("server"), ca.pem, auth), verify)
        async with server or Server(HANDLERS) as running:
            port = await running.listen_tcp("127.0.0.1", 0, tls)
            to = ClientTls(client_context((trust or ca).pem, client), name)
            async with Channel(TcpTarget("127.0.0.1", port, to)) as channel:
                await use(channel)

    run(main())


async def works(channel: Channel) -> None:
    reply = await channel.unary(ECHO, BytesValue(value=b"x" * 200_000))
    assert len(reply.value) == 200_000


async def fails(channel: Channel) -> None:
    with pytest.raises(RpcError) as caught:
        await channel.unary(ECHO, BytesValue())
    assert caught.value.code is Code.UNAVAILABLE


@pytest.mark.parametrize("ca", [CA, P256], ids=["ed25519", "p256"])
def test_mutual_tls_works(ca: Authority) -> None:
    over_tls(works, ca=ca, client=ca.leaf("admin", server=False))


def test_no_client_certificate_is_refused_when_one_is_required() -> None:
    over_tls(fails)


def test_a_client_certificate_of_another_ca_is_refused() -> None:
    over_tls(fails, client=OTHER.leaf("admin", server=False))


def test_a_server_of_another_ca_is_refused() -> None:
    over_tls(fails, client=CA.leaf("admin", server=False), trust=OTHER)


def test_a_server_with_another_name_is_refused() -> None:
    over_tls(fails, client=CA.leaf("admin", server=False), name="example.test")


@pytest.mark.parametrize("auth", [ClientAuth.OPTIONAL, ClientAuth.NOT_REQUESTED])
def test_no_client_certificate_is_fine_when_none_is_required(auth: ClientAuth) -> None:
    over_tls(works, auth=auth)


def test_tls_1_2_is_refused() -> None:
    async def main() -> None:
        async with Server(HANDLERS) as server:
            port = await server.listen_tcp(
                "127.0.0.1", 0, ServerTls(server_context(CA.leaf("server"), CA.pem))
            )
            context = ssl.create_default_context(cadata=CA.pem.decode())
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            with pytest.raises(ssl.SSLError):
                await asyncio.open_connection("127.0.0.1", port, ssl=context)

    run(main())


def test_the_handler_sees_the_clients_chain() -> None:
    peers: list[Peer] = []

    async def look(request: BytesValue, context: Context) -> BytesValue:
        peers.append(context.peer)
        return request

    server = Server({ECHO.path: unary_unary(ECHO, look)})
    over_tls(works, client=CA.leaf("admin", organization="os:reader", server=False), server=server)
    (peer,) = peers
    assert isinstance(peer, TlsPeer)
    leaf = x509.load_der_x509_certificate(peer.chain[0])
    assert "os:reader" in leaf.subject.rfc4514_string()


def test_the_verifier_may_refuse_a_good_chain() -> None:
    def verify(chain: Chain) -> None:
        assert len(chain) >= 1
        raise RpcError(Code.PERMISSION_DENIED, "not this usage")

    async def use(channel: Channel) -> None:
        with pytest.raises(RpcError, match="PERMISSION_DENIED: not this usage"):
            await channel.unary(ECHO, BytesValue())

    over_tls(use, client=CA.leaf("admin", server=False), verify=verify)


def test_certificates_and_cas_are_swapped_while_running() -> None:
    async def main() -> None:
        tls = ServerTls(server_context(CA.leaf("server"), CA.pem))
        async with Server(HANDLERS) as server:
            port = await server.listen_tcp("127.0.0.1", 0, tls)
            old = ClientTls(client_context(CA.pem, CA.leaf("admin", server=False)))
            new = client_context(OTHER.pem, OTHER.leaf("admin", server=False))
            async with (
                Channel(TcpTarget("127.0.0.1", port, old)) as running,
                Channel(TcpTarget("127.0.0.1", port, old)) as later,
                Channel(TcpTarget("127.0.0.1", port, ClientTls(new))) as fresh,
            ):
                await works(running)
                tls.context = server_context(OTHER.leaf("server"), OTHER.pem)
                await works(running)
                await fails(later)
                await works(fresh)
                old.context = new
                running.refresh()
                later.refresh()
                await works(running)
                await works(later)

    run(main())


def test_a_unix_peer_is_what_the_kernel_says(tmp_path: Path) -> None:
    peers: list[Peer] = []

    async def look(request: BytesValue, context: Context) -> BytesValue:
        peers.append(context.peer)
        return request

    run(on_unix(tmp_path / "s", Server({ECHO.path: unary_unary(ECHO, look)}), works))
    assert peers == [UnixPeer(os.getpid(), os.getuid(), os.getgid())]


def test_a_socket_for_other_users_refuses_every_call(tmp_path: Path) -> None:
    async def main() -> None:
        async with Server(HANDLERS) as server:
            path = tmp_path / "s"
            await server.listen_unix(str(path), mode=0o660, uids=[os.getuid() + 1])
            assert path.stat().st_mode & 0o777 == 0o660
            async with Channel(UnixTarget(str(path))) as channel:
                with pytest.raises(RpcError, match="PERMISSION_DENIED"):
                    await channel.unary(ECHO, BytesValue())

    run(main())


def test_small_writes_are_not_held_back() -> None:
    async def main() -> None:
        async with Server(HANDLERS) as server:
            tls = ServerTls(server_context(CA.leaf("server"), CA.pem))
            port = await server.listen_tcp("127.0.0.1", 0, tls)
            to = ClientTls(client_context(CA.pem, CA.leaf("admin", server=False)))
            async with Channel(TcpTarget("127.0.0.1", port, to)) as channel:
                await works(channel)
                (connection,) = server.connections
                sock = connection.wire._transport.get_extra_info("socket")
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    run(main())


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this host has no IPv6")
def test_one_listener_serves_both_families() -> None:
    peers: list[Peer] = []

    async def look(request: BytesValue, context: Context) -> BytesValue:
        peers.append(context.peer)
        return request

    async def main() -> None:
        async with Server({ECHO.path: unary_unary(ECHO, look)}) as server:
            port = await server.listen_tcp("::", 0, None)
            async with Channel(TcpTarget("127.0.0.1", port)) as channel:
                await works(channel)

    run(main())
    (peer,) = peers
    assert isinstance(peer, TcpPeer)
    assert peer.host == "127.0.0.1"


def test_a_server_that_stops_during_a_handshake_stops() -> None:
    async def check() -> None:
        tls = ServerTls(server_context(authority("ed25519").leaf("node"), b"", ClientAuth.OPTIONAL))
        server = Server(HANDLERS)
        port = await server.listen_tcp("127.0.0.1", 0, tls)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not server.connections:  # noqa: ASYNC110 - the next turns of the loop bring it
            await asyncio.sleep(0)
        await server.stop(0)
        assert await reader.read() == b""
        writer.close()

    run(check())
