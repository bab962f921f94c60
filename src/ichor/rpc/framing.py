"""gRPC's length-prefixed messages over a stream of chunks.

A chunk is credited when its bytes have been taken into a message somebody waits for, so unread data
is bounded by the window, and a message by its limit. A message counts as held by its call until the
next one is asked for, or the call is over.
"""

import struct
import zlib

from ichor.rpc.status import Code, RpcError
from ichor.rpc.stream import Stream

_PREFIX = struct.Struct(">BI")
# Below this a message is copied behind its prefix: one frame instead of two.
_SMALL = 64 << 10


async def send(stream: Stream, body: bytes, *, end: bool = False) -> None:
    """Send one message; end: it is the last. Returns once it is in the transport's hands."""
    prefix = _PREFIX.pack(0, len(body))
    if len(body) < _SMALL:
        await stream.write(prefix + body, end=end)
    else:
        await stream.write(prefix)
        await stream.write(body, end=end)


class Messages:
    """Cuts the data of a stream into messages. encoding: the peer's grpc-encoding."""

    __slots__ = ("_buffer", "_encoding", "_given_out", "_limit", "_stream")

    def __init__(self, stream: Stream, limit: int, encoding: bytes = b"identity") -> None:
        self._stream = stream
        self._limit = limit
        self._encoding = encoding
        self._buffer = bytearray()
        self._given_out = 0

    async def next(self) -> bytes | None:
        """Give the next message, None at the end of the stream."""
        self._stream.give(self._given_out)
        self._given_out = 0
        if not await self._fill(_PREFIX.size):
            if self._buffer:
                raise RpcError(Code.INTERNAL, "the stream ended inside a message")
            return None
        flag, size = _PREFIX.unpack_from(self._buffer)
        if size > self._limit:
            raise RpcError(
                Code.RESOURCE_EXHAUSTED, f"a message of {size} bytes; the limit is {self._limit}"
            )
        end = _PREFIX.size + size
        if not await self._fill(end):
            raise RpcError(Code.INTERNAL, "the stream ended inside a message")
        body = bytes(memoryview(self._buffer)[_PREFIX.size : end])
        del self._buffer[:end]
        self._given_out = end
        plain = self._decode(flag, body)
        if plain is not body:
            self._stream.hold(len(plain))
            self._given_out += len(plain)
        return plain

    async def _fill(self, size: int) -> bool:
        while len(self._buffer) < size:
            chunk = await self._stream.read()
            if chunk is None:
                return False
            self._buffer += chunk.data
            self._stream.credit(chunk.credit)
            self._stream.hold(len(chunk.data))
        return True

    def _decode(self, flag: int, body: bytes) -> bytes:
        if flag == 0:
            return body
        if flag != 1 or self._encoding == b"identity":
            raise RpcError(Code.INTERNAL, "a compressed message without grpc-encoding")
        if self._encoding != b"gzip":
            raise RpcError(
                Code.UNIMPLEMENTED, f"compression {self._encoding.decode('latin-1')} is not known"
            )
        return gunzip(body, self._limit)


def gunzip(body: bytes, limit: int) -> bytes:
    """Inflate at most `limit` bytes: a bomb is refused before it is unpacked."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise RpcError(Code.INTERNAL, "a message is no gzip") from None
    if len(plain) > limit:
        raise RpcError(Code.RESOURCE_EXHAUSTED, f"a message inflates beyond {limit} bytes")
    if not inflater.eof:
        raise RpcError(Code.INTERNAL, "a gzip message is cut short")
    return plain
