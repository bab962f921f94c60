"""The server from which the kubelet reads its static pods: the adapter of `ports.static_pods`.

On the loopback, a port of the kernel's choice, plain HTTP/1.1. Every process in the node's network
can connect, pods among them, and a user's static pods may hold what is not for all: who is not the
kubelet is hung up on. Before the first publication the answer is 503, so that a kubelet which
starts early does not take «nothing» for the wish to stop everything.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import h11

from ichor.formats.jsonvalue import Object, encode
from ichor.formats.procnet import End
from ichor.ports.static_pods import Offer, Publish
from ichor.rpc.listening import stop_listening

_IDLE_S = 120.0
_CONNECTIONS = 32
_CHUNK = 4096


class StaticPodServer:
    """listen() before url is asked for; close() in the end.

    is_reader: says by the peer's end and ours whether a connection is the kubelet's.
    """

    def __init__(self, is_reader: Callable[[End, End], bool]) -> None:
        self._is_reader = is_reader
        self._body: bytes | None = None
        self._pods: Sequence[Object] | None = None
        self._server: asyncio.Server | None = None
        self._port = 0
        self._tasks: dict[asyncio.Task[None], None] = {}  # oldest first

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port = int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def observe(self) -> Offer:
        return Offer(url=self.url, pods=self._pods)

    def apply(self, action: Publish) -> None:
        self._pods = tuple(action.pods)
        self.publish(self._pods)

    def publish(self, pods: Sequence[Object]) -> None:
        self._body = encode({"apiVersion": "v1", "kind": "PodList", "items": list(pods)})

    async def close(self) -> None:
        if self._server is not None:
            await stop_listening(self._server)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer, own = (writer.get_extra_info(name) for name in ("peername", "sockname"))
        if peer is None or not self._is_reader(End(*peer), End(*own)):
            writer.transport.abort()
            return
        task = asyncio.current_task()
        if task is not None:
            self._tasks[task] = None
            task.add_done_callback(lambda ended: self._tasks.pop(ended, None))
        if len(self._tasks) > _CONNECTIONS:
            next(iter(self._tasks)).cancel()
        try:
            with suppress(ConnectionError, TimeoutError, h11.RemoteProtocolError):
                await self._serve(reader, writer)
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while await _request(connection, reader):
            for event in self._reply():
                writer.write(connection.send(event) or b"")
            async with asyncio.timeout(_IDLE_S):
                await writer.drain()
            if connection.our_state is not h11.DONE:
                return
            connection.start_next_cycle()

    def _reply(self) -> tuple[h11.Event, ...]:
        status, body = (503, b"") if self._body is None else (200, self._body)
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        head = h11.Response(status_code=status, headers=headers)
        return head, h11.Data(data=body), h11.EndOfMessage()


async def _request(connection: h11.Connection, reader: asyncio.StreamReader) -> bool:
    """Read one request to its end; says whether there was one."""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.EndOfMessage):
            return True
        if isinstance(event, h11.ConnectionClosed):
            return False
        if event is h11.NEED_DATA:
            async with asyncio.timeout(_IDLE_S):
                connection.receive_data(await reader.read(_CHUNK))
