"""Bytes over a socket, with TLS through MemoryBIO when asked for.

asyncio's own TLS keeps a 256 KiB buffer for each connection [m]; here all connections of a thread
share one buffer for reading and one for decrypting: a chunk is wholly consumed before the next.

The owner is told `opened`, `received`, `lost`, each called from the loop and never awaited.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from typing import Final, Protocol, cast

from ichor.rpc.peer import Peer, TcpPeer, TlsPeer, unix_peer
from ichor.rpc.tls import chain_of

CHUNK: Final = 64 << 10
# Only answers to control frames are written while the transport is full; a peer that asks for
# more of them than this, and does not read, is dropped.
BACKLOG: Final = 1 << 20
# How long the last words may take to a peer that does not read.
LINGER_S: Final = 2.0


class Owner(Protocol):
    def opened(self, peer: Peer) -> None: ...
    def received(self, data: bytes) -> None: ...
    def lost(self, error: Exception | None) -> None: ...
    def drained(self) -> None: ...


class _Shared(threading.local):
    def __init__(self) -> None:
        self.cipher = bytearray(CHUNK)
        self.plain = bytearray(CHUNK)


_shared: Final = _Shared()


class Wire(asyncio.BufferedProtocol):
    _transport: asyncio.Transport  # from connection_made on

    def __init__(
        self,
        owner: Owner,
        context: ssl.SSLContext | None = None,
        *,
        server: bool,
        name: str | None = None,
    ) -> None:
        self._owner = owner
        self._connected = False
        self._lingering: asyncio.TimerHandle | None = None
        self._tls: ssl.SSLObject | None = None
        self._in = self._out = ssl.MemoryBIO()
        self._shaking = False
        self._error: Exception | None = None
        self.paused = False
        self.closed = False
        if context is not None:
            self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
            self._tls = context.wrap_bio(
                self._in, self._out, server_side=server, server_hostname=name
            )
            self._shaking = True

    # -- asyncio's side --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connected = True
        self._no_delay()
        if self.closed:
            self._transport.abort()
        elif self._tls is not None:
            self._shake(self._tls)
        else:
            self._owner.opened(self._peer())

    def _no_delay(self) -> None:
        # asyncio does so only for sockets made with proto=IPPROTO_TCP, which a listener's are not;
        # without it every second small write waits 40 ms for an ACK.
        sock = self._transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get_buffer(self, sizehint: int) -> bytearray:
        return _shared.cipher

    def buffer_updated(self, nbytes: int) -> None:
        if self.closed:
            return
        if self._tls is None:
            self._owner.received(bytes(memoryview(_shared.cipher)[:nbytes]))
            return
        self._in.write(memoryview(_shared.cipher)[:nbytes])
        if self._shaking:
            self._shake(self._tls)
        if not self._shaking:
            self._decrypt(self._tls)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.paused = False
        if self._lingering is not None:
            self._lingering.cancel()
        self._owner.lost(self._error or exc)

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self._owner.drained()

    # -- TLS ---------------------------------------------------------------------------------------

    def _shake(self, tls: ssl.SSLObject) -> None:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return
        except ssl.SSLError as error:  # includes failed verification; the alert is in _out
            self._flush()
            self.fail(error)
            return
        self._shaking = False
        self._flush()
        self._owner.opened(self._peer())

    def _decrypt(self, tls: ssl.SSLObject) -> None:
        plain = _shared.plain
        while not self.closed:
            try:
                count = cast("int", tls.read(CHUNK, plain))
            except ssl.SSLWantReadError:
                break
            except ssl.SSLError as error:
                self.fail(error)
                break
            if not count:  # close_notify
                self.close()
                break
            self._owner.received(bytes(memoryview(plain)[:count]))
        self._flush()

    def _flush(self) -> None:
        if self._out.pending:
            self._push(self._out.read())

    # -- the owner's side ------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        # Only a connection that is told to end has something to say before its handshake is over.
        if self.closed or self._shaking:
            return
        if self._tls is None:
            self._push(data)
            return
        self._tls.write(data)
        self._flush()

    def _push(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if self.paused and self._transport.get_write_buffer_size() > BACKLOG:
            self.fail(ConnectionAbortedError("the peer does not read"))

    def close(self, *, heard: bool = False) -> None:
        """Close after what is written has been sent.

        heard: such that the peer gets to read it, whatever it is still sending: a socket closed
        with bytes unread resets its connection, and what was said last is lost (RFC 9112, 9.6).
        """
        if self.closed or not self._connected:
            return
        self.closed = True
        if self._tls is not None and not self._shaking:
            with contextlib.suppress(
                ssl.SSLError
            ):  # our close_notify is out; theirs we do not await
                self._tls.unwrap()
            self._transport.write(self._out.read())
        if heard and self._transport.can_write_eof():
            self._transport.write_eof()  # the peer's end, or our patience's, closes it
            loop = asyncio.get_running_loop()
            self._lingering = loop.call_later(LINGER_S, self._transport.abort)
        else:
            self._close_soon()

    def _close_soon(self) -> None:
        self._transport.close()
        if self._transport.get_write_buffer_size():
            loop = asyncio.get_running_loop()
            self._lingering = loop.call_later(LINGER_S, self._transport.abort)

    def fail(self, error: Exception) -> None:
        """Drop the connection at once, saying why to the owner."""
        self._error = self._error or error
        if self.closed or not self._connected:
            return
        self.closed = True
        if isinstance(error, ssl.SSLError):
            self._close_soon()  # lets the alert out
        else:
            self._transport.abort()

    def abort(self) -> None:
        self.closed = True
        if self._connected:
            self._transport.abort()

    def _peer(self) -> Peer:
        sock = self._transport.get_extra_info("socket")
        if sock.family == socket.AF_UNIX:
            return unix_peer(sock)
        host, port, *_ = self._transport.get_extra_info("peername")
        host = host.removeprefix("::ffff:")  # IPv4 on a socket for both families
        if self._tls is None:
            return TcpPeer(host, port)
        return TlsPeer(host, port, chain_of(self._tls))
