"""A registry as one on the outside is: TLS, asks for a certificate and a password, counts.

What it gives is registryd's own to say; only who gets in is decided here.
"""

import base64
import os
import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ichor.apps.registryd.answer import Part, answer
from ichor.apps.registryd.library import Library

USER, PASSWORD = "puller", 'p"a\\ss: é'


class Outside(ThreadingHTTPServer):
    """served: (client's address, target) of those let in. refused: those that were not."""

    daemon_threads = True

    def __init__(self, sock: socket.socket, directory: Path, tls: ssl.SSLContext) -> None:
        super().__init__(sock.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self.library = Library([directory])
        self.served: list[tuple[str, str]] = []
        self.refused: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of those who are refused while TLS begins."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Outside)
        shown = self.headers.get("Authorization", "")
        if shown != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
            server.refused.append(self.path)
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="outside"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        server.served.append((self.client_address[0], self.path))
        found = answer(server.library, self.command, self.path, self.headers.get("Range", ""))
        self.send_response(found.status)
        for name, value in found.headers:
            self.send_header(name, value)
        self.end_headers()
        if isinstance(found, Part):
            with os.fdopen(found.fd, "rb") as file:
                if self.command == "GET":
                    self.connection.sendfile(file, found.span.first, _length(found))
        elif self.command == "GET":
            self.wfile.write(found.body)

    do_HEAD = do_GET  # noqa: N815 - the name the library calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
        """Say nothing: what was asked is kept."""


def _length(part: Part) -> int:
    return part.span.last - part.span.first


@contextmanager
def serving(server: Outside) -> Generator[Outside]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
