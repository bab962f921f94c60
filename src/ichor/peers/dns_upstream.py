"""Asking other DNS servers: one question, one socket, so that ports and ids are hard to guess.

Over UDP a reply counts only if it comes from the server asked (the socket is connected), bears our
id and repeats our question (RFC 5452); anything else is passed over and the waiting goes on.
"""

import asyncio
import secrets
import struct

from ichor.errors import FormatError, TransientError
from ichor.protocols.dns.packet import Question, Reply, read_reply

PORT = 53
UDP_S, TCP_S = 2.0, 4.0


class _Asking(asyncio.DatagramProtocol):
    def __init__(self, number: int, question: Question) -> None:
        self._number = number
        self._question = question
        self.reply: asyncio.Future[tuple[Reply, bytes]] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            reply = read_reply(data)
        except FormatError:
            return
        if fits(reply, self._number, self._question) and not self.reply.done():
            self.reply.set_result((reply, data))

    def error_received(self, exc: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(exc)


def fits(reply: Reply, number: int, question: Question) -> bool:
    return reply.id == number and reply.question == question


async def ask_udp(
    server: str, asked: bytes, question: Question, port: int = PORT
) -> tuple[Reply, bytes]:
    """Give the server's answer. Raises TransientError if none comes."""
    number = secrets.randbits(16)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(UDP_S):
            transport, asking = await loop.create_datagram_endpoint(
                lambda: _Asking(number, question), remote_addr=(server, port)
            )
            try:
                transport.sendto(struct.pack("!H", number) + asked[2:])
                return await asking.reply
            finally:
                asking.reply.cancel()
                transport.close()
    except (OSError, TimeoutError) as err:
        raise TransientError(f"{server} does not answer: {err}") from err


async def ask_tcp(
    server: str, asked: bytes, question: Question, port: int = PORT
) -> tuple[Reply, bytes]:
    """Give the server's answer, of any size. Raises TransientError if none comes."""
    number = secrets.randbits(16)
    try:
        async with asyncio.timeout(TCP_S):
            reader, writer = await asyncio.open_connection(server, port)
            try:
                writer.write(struct.pack("!HH", len(asked), number) + asked[2:])
                raw = await read_message(reader)
            finally:
                writer.close()
        reply = read_reply(raw)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, FormatError) as err:
        raise TransientError(f"{server} does not answer: {err}") from err
    if not fits(reply, number, question):
        raise TransientError(f"{server} answers what it was not asked")
    return reply, raw


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """Read one message of a TCP connection (RFC 1035 section 4.2.2)."""
    size = int.from_bytes(await reader.readexactly(2))
    return await reader.readexactly(size)
