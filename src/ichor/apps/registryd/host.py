"""`ichor image cache-serve`: the registry of a cache on a host, for nodes that take it as a mirror.

It prints the documents that make it one; a wildcard address is not one that nodes could dial.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from pathlib import Path

import click

from ichor.apps.registryd.library import Library
from ichor.apps.registryd.main import HOST, PORT
from ichor.apps.registryd.server import Registry
from ichor.apps.serving import until_told
from ichor.errors import InputError

_MIRRORED = ("docker.io", "ghcr.io", "registry.k8s.io")


@click.command("cache-serve")
@click.option("--address", default=f"{HOST}:{PORT}", show_default=True, help="address:port")
@click.option(
    "--image-cache-path",
    "directory",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
)
@click.option(
    "--mirror", multiple=True, default=_MIRRORED, show_default=True, help="registry it stands for"
)
@click.option("--tls-cert-file", type=click.Path(path_type=Path), help="PEM; with the key: TLS")
@click.option("--tls-key-file", type=click.Path(path_type=Path), help="PEM")
def cache_serve(
    *,
    address: str,
    directory: Path,
    mirror: Sequence[str],
    tls_cert_file: Path | None,
    tls_key_file: Path | None,
) -> None:
    """Serve a cache of images until SIGTERM or SIGINT."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise InputError(f"{address!r} is no address", hint=f"write it like {HOST}:{PORT}")
    tls = _tls(tls_cert_file, tls_key_file)

    async def run() -> None:
        registry = Registry(Library([directory]))
        try:
            bound = await registry.listen(host.strip("[]"), int(port), tls)
            url = f"{'http' if tls is None else 'https'}://{host}:{bound}"
            click.echo("".join(document(name, url) for name in mirror), nl=False)
            await asyncio.Event().wait()
        except OSError as err:
            raise InputError(f"{address}: {err.strerror}", path="--address") from err
        finally:
            await registry.close()

    with contextlib.suppress(KeyboardInterrupt):
        until_told(run)


def document(registry: str, url: str) -> str:
    """Write the document by which nodes ask a mirror instead of a registry."""
    return (
        "---\napiVersion: v1alpha1\nkind: RegistryMirrorConfig\n"
        f"name: {registry!r}\nendpoints:\n  - url: {url}\n"
    )


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise InputError("--tls-cert-file and --tls-key-file go together")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as err:
        raise InputError(f"certificate or key: {err}") from err
    return context
