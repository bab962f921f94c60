"""Forwarders: 127.0.0.1 of the host to a port of a node, by way of the cluster's hub.

The listening socket is the host's. The connecting one is made while this thread is in the hub's
namespace for three system calls: a socket stays in the namespace it was made in.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from ichor.errors import TransientError
from ichor.log import fields, logger
from ichor.provision.record import Forward, Node
from ichor.provision.syscalls import network_namespace

log = logger(__name__)

LOOPBACK = "127.0.0.1"
_CHUNK = 1 << 16
# A node that is down answers no ARP: the kernel itself gives up after about three seconds.
_DIAL = timedelta(seconds=5)


def socket_in(namespace: Path) -> socket.socket:
    """Make a TCP socket that lives in another network namespace; it does not block."""
    with network_namespace(namespace):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setblocking(False)
    return made


async def dial(namespace: Path, address: str, port: int) -> socket.socket:
    """Connect from that namespace; the caller closes the socket. Raises OSError, TimeoutError."""
    made = socket_in(namespace)
    try:
        async with asyncio.timeout(_DIAL.total_seconds()):
            await asyncio.get_running_loop().sock_connect(made, (address, port))
    except BaseException:
        made.close()
        raise
    return made


class Forwarder:
    """Serves one Forward until closed; connections that are open then are cut."""

    def __init__(
        self, hub: Path, address: str, forward: Forward, is_up: Callable[[], bool]
    ) -> None:
        self._hub = hub
        self._address = address
        self._forward = forward
        self._is_up = is_up
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, stack: AsyncExitStack) -> None:
        port = self._forward.listen
        try:
            server = await asyncio.start_server(self._accept, LOOPBACK, port, limit=_CHUNK)
        except OSError as err:
            raise TransientError(f"cannot listen on {LOOPBACK}:{port}: {err.strerror}") from err
        stack.callback(server.close)
        stack.callback(self.cut)

    def cut(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            if self._is_up():  # else the dial would wait for an answer to ARP
                await self._join(reader, writer)
        except asyncio.CancelledError:  # by cut only; start_server's callback would report it
            pass
        except (OSError, TimeoutError) as err:
            where = f"{self._address}:{self._forward.target}"
            log.debug("forward failed", extra=fields(target=where, error=repr(err)))
        finally:
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made = await dial(self._hub, self._address, self._forward.target)
        far_reader, far_writer = await asyncio.open_connection(sock=made, limit=_CHUNK)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pump(reader, far_writer))
                group.create_task(pump(far_reader, writer))
        except* OSError as errors:
            log.debug("forward broke", extra=fields(error=repr(errors.exceptions[0])))
        finally:
            far_writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end of file and pass that on; a slow reader slows the writer (drain)."""
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


class Forwarders:
    """All forwarders of a node. is_up: whether the node runs."""

    def __init__(self, hub: Path, node: Node, is_up: Callable[[], bool]) -> None:
        self._all = [Forwarder(hub, node.address, each, is_up) for each in node.forwards]

    async def start(self, stack: AsyncExitStack) -> None:
        """Listen until the stack ends. Raises TransientError if a port is taken."""
        for each in self._all:
            await each.start(stack)

    def cut(self) -> None:
        """Hang up on everybody: with its namespace a node's end goes without a word (no FIN)."""
        for each in self._all:
            each.cut()
