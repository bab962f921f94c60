"""Boot by the network for a cluster's virtual machines: their firmware fetches one file by HTTP.

    firmware ── DHCP, class HTTPClient ──► address and URL (leases)
             ── GET medium.efi ──────────► here, on the gateway's address

UEFI 2.10, 24.7. Only this file is served, to whoever is on the bridge.
"""

import asyncio
import os
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import BinaryIO, Final

from ichor.provision.record import Cluster

PORT: Final = 8080
NAME: Final = "medium.efi"
_PATIENCE_S: Final = 60.0
_LONGEST: Final = 8192


def folder_of(cluster: Cluster) -> str:
    """Give the folder of what machines boot from; empty if none does by the network."""
    found = (one.machine.netboot for one in cluster.nodes if one.machine is not None)
    return next(filter(None, found), "")


def url(cluster: Cluster) -> str:
    return f"http://{cluster.gateway}:{PORT}/{NAME}"


def head(request: bytes, size: int) -> tuple[bytes, bool]:
    """Give the answer to a request, without its body, and whether that follows (RFC 9112)."""
    words = request.split(b"\r\n", 1)[0].split(b" ")
    status, length, follows = b"404 Not Found", 0, False
    if len(words) != 3 or words[0] not in {b"GET", b"HEAD"}:
        status = b"400 Bad Request"
    elif words[1] == f"/{NAME}".encode():
        status, length, follows = b"200 OK", size, words[0] == b"GET"
    lines = (
        b"HTTP/1.1 " + status,
        b"Content-Type: application/efi",
        f"Content-Length: {length}".encode(),
        b"Connection: close",
    )
    return b"\r\n".join(lines) + b"\r\n\r\n", follows


async def serve(cluster: Cluster, stack: AsyncExitStack) -> int:
    """Serve in this network namespace until the stack ends; gives the port. Raises OSError."""
    image = Path(folder_of(cluster), NAME)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_PATIENCE_S):
                request = await reader.readuntil(b"\r\n\r\n")
            with _opened(image) as file:
                said, follows = head(request, os.fstat(file.fileno()).st_size)
                writer.write(said)
                await writer.drain()
                if follows:
                    await asyncio.get_running_loop().sendfile(writer.transport, file)
        writer.close()

    server = await asyncio.start_server(answer, cluster.gateway, PORT, limit=_LONGEST)
    stack.callback(server.close)
    port: int = server.sockets[0].getsockname()[1]
    return port


def _opened(image: Path) -> BinaryIO:
    return image.open("rb")
