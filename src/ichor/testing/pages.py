"""A server of a few pages, in whatever network namespace its socket was opened."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

PORT: Final = 80


def listen(address: tuple[str, int]) -> socket.socket:
    """Open the socket here and now; it stays of this network namespace."""
    return socket.create_server(address)


@contextmanager
def serve(listening: socket.socket, pages: Mapping[str, bytes]) -> Iterator[Sequence[str]]:
    """Serve pages by path until the end; gives what was asked for, as `GET /path`, so far.

    A page that begins with `Location: ` is a redirect.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path}")
            page = pages.get(self.path)
            moved = page is not None and page.startswith(b"Location: ")
            self.send_response(302 if moved else 200 if page is not None else 404)
            if moved:
                self.send_header("Location", (page or b"").decode()[10:])
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            with suppress(ConnectionError):  # who has read enough goes
                self.wfile.write(page or b"")

        do_PUT = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(listening.getsockname()[:2], Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
