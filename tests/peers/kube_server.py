"""A tiny API server for tests: objects in memory, resource versions, watches, scripted refusals.

It speaks HTTP/1.1 by h11 over a real loopback socket. Watches end when a test says so.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import h11

RESOURCES = {
    "/api/v1": [("nodes", "Node", False), ("configmaps", "ConfigMap", True), ("pods", "Pod", True)],
    "/apis/apps/v1": [("daemonsets", "DaemonSet", True)],
}
LISTED = {name for rows in RESOURCES.values() for name, _, _ in rows}


class FakeApi:
    def __init__(self) -> None:
        self.version = 10
        self.objects: dict[str, dict[str, Any]] = {}
        self.events: list[tuple[int, str, dict[str, Any]]] = []
        self.compacted = 0
        self.refusals: list[tuple[int, dict[str, Any]]] = []
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections = 0
        self.hang_up = False
        self.changed = asyncio.Condition()
        self.watchers = 0
        self.end_watches = False

    def put(self, path: str, item: dict[str, Any], event: str) -> dict[str, Any]:
        self.version += 1
        item = {**item, "metadata": {**item["metadata"], "resourceVersion": str(self.version)}}
        if event == "DELETED":
            self.objects.pop(path, None)
        else:
            self.objects[path] = item
        self.events.append((self.version, event, item))
        return item

    async def change(self, path: str, item: dict[str, Any], event: str) -> None:
        async with self.changed:
            self.put(path, item, event)
            self.changed.notify_all()

    async def until_watched(self, times: int = 1) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.watchers >= times)

    async def finish_watches(self) -> None:
        async with self.changed:
            self.end_watches = True
            self.changed.notify_all()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.refusals:
            return self.refusals.pop(0)
        url = urlsplit(target)
        if url.path in RESOURCES:
            rows = [{"name": n, "kind": k, "namespaced": s} for n, k, s in RESOURCES[url.path]]
            return 200, {"resources": [*rows, {"name": "nodes/status", "kind": "Node"}]}
        if method == "GET" and url.path.split("/")[-1] in {
            "nodes",
            "configmaps",
            "daemonsets",
            "pods",
        }:
            return self.listing(url.path, parse_qs(url.query))
        if method == "POST":
            item = json.loads(body)
            path = f"{url.path}/{item['metadata']['name']}"
            if path in self.objects:
                return 409, {"kind": "Status", "message": "exists"}
            return 201, self.put(path, item, "ADDED")
        if method == "PATCH" and "fieldManager" in url.query and url.path not in self.objects:
            return 201, self.put(url.path, json.loads(body), "ADDED")
        if url.path not in self.objects:
            return 404, {"kind": "Status", "message": "not found"}
        if method == "DELETE":
            return 200, self.put(url.path, self.objects[url.path], "DELETED")
        if method in {"PUT", "PATCH"}:
            return 200, self.put(
                url.path, {**self.objects[url.path], **json.loads(body)}, "MODIFIED"
            )
        return 200, self.objects[url.path]

    def listing(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        items = [item for key, item in sorted(self.objects.items()) if key.startswith(path + "/")]
        start = int(query.get("continue", ["0"])[0])
        limit = 2
        more = str(start + limit) if start + limit < len(items) else ""
        metadata = {"resourceVersion": str(self.version), "continue": more}
        return 200, {"metadata": metadata, "items": items[start : start + limit]}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with contextlib.suppress(ConnectionError, h11.RemoteProtocolError):
                await self._serve(reader, writer)
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while True:
            request, body = None, b""
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(await reader.read(65536))
                elif isinstance(event, h11.Request):
                    request = event
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                else:
                    break
            if request is None:
                return
            method, target = request.method.decode(), request.target.decode()
            headers = {k.decode().lower(): v.decode() for k, v in request.headers}
            self.requests.append((method, target, headers, body))
            if "watch=true" in target and not self.refusals:
                await self._watch(connection, writer, target)
                return
            status, document = self.answer(method, target, body)
            raw = json.dumps(document).encode()
            head = [("Content-Type", "application/json"), ("Content-Length", str(len(raw)))]
            for out in (
                h11.Response(status_code=status, headers=head),
                h11.Data(data=raw),
                h11.EndOfMessage(),
            ):
                writer.write(connection.send(out) or b"")
            await writer.drain()
            if self.hang_up:
                return
            connection.start_next_cycle()

    async def _watch(
        self, connection: h11.Connection, writer: asyncio.StreamWriter, target: str
    ) -> None:
        seen = int(parse_qs(urlsplit(target).query)["resourceVersion"][0])
        send = connection.send
        head = [("Transfer-Encoding", "chunked")]
        writer.write(send(h11.Response(status_code=200, headers=head)) or b"")
        async with self.changed:
            self.watchers += 1
            self.changed.notify_all()
            if seen < self.compacted:
                writer.write(
                    send(h11.Data(data=_line("ERROR", {"code": 410, "message": "old"}))) or b""
                )
            else:
                await self._send_changes(send, writer, seen)
        writer.write(send(h11.EndOfMessage()) or b"")
        await writer.drain()

    async def _send_changes(
        self, send: Callable[[h11.Data], bytes | None], writer: asyncio.StreamWriter, seen: int
    ) -> None:
        while not self.end_watches:
            fresh = [event for event in self.events if event[0] > seen]
            for version, event, item in fresh:
                raw = _line(event, item)
                # Cut in two: a line may arrive in any number of pieces.
                writer.write(send(h11.Data(data=raw[:7])) or b"")
                writer.write(send(h11.Data(data=raw[7:])) or b"")
                seen = version
            mark = {"metadata": {"resourceVersion": str(self.version)}}
            writer.write(send(h11.Data(data=_line("BOOKMARK", mark))) or b"")
            await writer.drain()
            await self.changed.wait()
        self.end_watches = False


def _line(event: str, item: dict[str, Any]) -> bytes:
    return json.dumps({"type": event, "object": item}).encode() + b"\n"


@asynccontextmanager
async def running(api: FakeApi) -> AsyncIterator[int]:
    """Serve on a free port of the loopback; gives the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await api.serve(reader, writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
