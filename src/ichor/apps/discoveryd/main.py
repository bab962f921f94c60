"""`ichor discovery serve`: run the service until it is told to end.

Without a certificate it speaks plaintext, as an endpoint written `http://` expects; descriptions
are sealed by the nodes either way.
"""

import asyncio
import contextlib
import signal
import ssl
from pathlib import Path

import click

from ichor.apps.discoveryd.service import Service
from ichor.errors import InputError
from ichor.log import fields, logger, setup
from ichor.rpc.server import Server
from ichor.rpc.tls import ClientAuth, Identity, ServerTls, server_context

_log = logger(__name__)


@click.group()
def discovery() -> None:
    """The discovery service: how nodes of a cluster find each other."""


@discovery.command()
@click.option("--listen", default="127.0.0.1:3000", show_default=True, help="address:port.")
@click.option("--certificate", type=click.Path(path_type=Path), help="PEM; with --key: TLS.")
@click.option("--key", type=click.Path(path_type=Path), help="PEM.")
def serve(listen: str, certificate: Path | None, key: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    setup()
    host, port = split_address(listen)
    tls = _tls(certificate, key)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(host, port, tls))


async def run(
    host: str, port: int, tls: ServerTls | None, started: "asyncio.Future[int] | None" = None
) -> None:
    """Serve; started, if given, gets the port."""
    service = Service()
    server = Server(service.handlers())
    bound = await server.listen_tcp(host, port, tls)
    _log.info("discovery is served", extra=fields(host=host, port=bound, tls=tls is not None))
    if started is not None:
        started.set_result(bound)
    expiring = asyncio.create_task(service.expire())
    try:
        await _until_told()
    finally:
        expiring.cancel()
        await server.stop()


def split_address(text: str) -> tuple[str, int]:
    """Read `host:port` or `[v6]:port`. Raises InputError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise InputError(f"{text!r} is no address", hint="write it like 127.0.0.1:3000")
    return host.strip("[]"), int(port)


def _tls(certificate: Path | None, key: Path | None) -> ServerTls | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise InputError("--certificate and --key go together")
    try:
        identity = Identity(chain=certificate.read_bytes(), key=key.read_bytes())
        return ServerTls(server_context(identity, auth=ClientAuth.NOT_REQUESTED))
    except (OSError, ssl.SSLError) as err:
        raise InputError(f"certificate or key: {err}") from err


async def _until_told() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
