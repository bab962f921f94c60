"""A short-lived helper: one of our functions in a fork of the zygote, asked once over a socket.

    machined ── request, then end of writing ──► stdin (a socket) ── function ──► answer, end

So runs the signer: what it imports and holds is gone with it. Its stderr goes to a log.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

from ichor.errors import TransientError
from ichor.linux.launch import Launcher, Process, Standard
from ichor.linux.logs import LogFile, Pump
from ichor.linux.process import Reaper
from ichor.ports.service import Exit
from ichor.resources.runtime.service_spec import Confinement, Daemon

_CHUNK = 64 * 1024


async def ask(
    launcher: Launcher,
    reaper: Reaper,
    name: str,
    program: Daemon,
    request: bytes,
    *,
    confinement: Confinement,
    log: LogFile,
    timeout: float,
    before: Callable[[int], None] = lambda pid: None,
) -> bytes:
    """Give the helper's answer. Raises TransientError if it fails or takes too long.

    before: called with its pid while it still waits at the gate.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    pump = Pump(log)
    with ours:
        try:
            standard = Standard(theirs.fileno(), pump.write_end, pump.write_end)
            process = await launcher.launch(
                name, program, standard, confinement=confinement, before=before
            )
        finally:
            theirs.close()
            pump.close_write_end()
        try:
            async with asyncio.timeout(timeout):
                answer = await _exchange(ours, request)
                result = await asyncio.shield(process.ended)
        except TimeoutError as error:
            raise TransientError(f"{name} did not answer within {timeout:.0f} s") from error
        finally:
            await _end(reaper, process, pump)
    if result != Exit():
        raise TransientError(f"{name} failed: {result}")
    return answer


async def _end(reaper: Reaper, process: Process, pump: Pump) -> None:
    reaper.signal(process.pid, signal.SIGKILL)
    await asyncio.shield(process.ended)
    os.close(process.pidfd)
    await asyncio.wait({pump.ended}, timeout=0.2)
    pump.stop()


async def _exchange(channel: socket.socket, request: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    channel.setblocking(False)
    with suppress(BrokenPipeError, ConnectionResetError):  # its exit code says more
        await loop.sock_sendall(channel, request)
        channel.shutdown(socket.SHUT_WR)
    answer = bytearray()
    with suppress(ConnectionResetError):
        while chunk := await loop.sock_recv(channel, _CHUNK):
            answer += chunk
    return bytes(answer)


def serve_once() -> tuple[bytes, socket.socket]:
    """In the helper: give the whole request, and the socket for the answer."""
    channel = socket.socket(fileno=0)
    request = bytearray()
    while chunk := channel.recv(_CHUNK):
        request += chunk
    return bytes(request), channel
