"""A connection that is broken off says why, and is heard, whatever the peer is still sending."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from ichor.rpc.server import Server

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"  # and empty SETTINGS
BAD_PING = b"\0\0\x06\x06\0\0\0\0\0" + bytes(6)  # of six bytes, not eight (RFC 9113, 6.7)
LEAVING = b"\0\0\x08\x07\0\0\0\0\0" + bytes(8)  # GOAWAY, without an error
PING = b"\0\0\x08\x06\0\0\0\0\0" + bytes(8)
GOAWAY, FRAME_SIZE_ERROR = 7, 6


def frames(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while len(data) >= 9:
        size = int.from_bytes(data[:3])
        found.append((data[3], data[9 : 9 + size]))
        data = data[9 + size :]
    return found


def spoken(port: int) -> bytes:
    """Say the wrong thing and a lot after it, then listen to the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(PREFACE + BAD_PING)
        with suppress(BrokenPipeError, ConnectionResetError):
            link.sendall(bytes(4 << 20))
        link.shutdown(socket.SHUT_WR)
        with link.makefile("rb") as stream:
            return stream.read()


def leaving(port: int) -> bytes:
    """Leave, and go on speaking when the other side has said its last word."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(PREFACE + LEAVING)
        said = b""
        while data := link.recv(4096):
            said += data
        for _ in range(2):  # the first would be answered by a reset, and the second fail
            link.sendall(PING)
        return said


def with_server(speak: Callable[[int], bytes]) -> list[tuple[int, bytes]]:
    async def run() -> bytes:
        async with Server({}) as server:
            port = await server.listen_tcp("127.0.0.1", 0, None)
            return await asyncio.to_thread(speak, port)

    return frames(asyncio.run(run()))


def test_who_leaves_is_let_go_without_a_reset_though_it_goes_on_speaking() -> None:
    assert GOAWAY not in [kind for kind, _ in with_server(leaving)]


def test_the_reason_arrives_though_more_was_sent_than_was_read() -> None:
    said = with_server(spoken)
    (away,) = [body for kind, body in said if kind == GOAWAY]
    assert int.from_bytes(away[4:8]) == FRAME_SIZE_ERROR
