"""`ichor image cache-create`, `cache-cert-gen`: caches of images, and what serves them over TLS."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ichor.cli.go_flags import GoFlags
from ichor.cli.save import write_text
from ichor.errors import InputError
from ichor.units import format_size

_LIFETIME = timedelta(days=365)


@click.command("cache-create", cls=GoFlags)
@click.option(
    "--image-cache-path",
    type=click.Path(path_type=Path),
    required=True,
    help="directory to make it in",
)
@click.option("--images", multiple=True, help="names, joined by commas or repeated [all]")
@click.option("--from", "source", type=click.Path(path_type=Path), help="OCI layout [ours]")
@click.option("--layout", type=click.Choice(["oci"]), default="oci", show_default=True)
@click.option("--platform", type=click.Choice(["linux/amd64"]), default="linux/amd64")
@click.option("--force", is_flag=True, help="replace what is there")
@click.option(
    "--cosign-signatures/--no-cosign-signatures",
    default=True,
    show_default=True,
    help="take signatures that are beside the images",
)
def cache_create(
    *,
    image_cache_path: Path,
    images: Sequence[str],
    source: Path | None,
    layout: str,
    platform: str,
    force: bool,
    cosign_signatures: bool,
) -> None:
    """Make a cache of images that nodes take without asking a registry."""
    from ichor.image.imagecache import create

    names = [name for each in images for name in each.split(",") if name]
    for found in create(
        image_cache_path, source or _built(), names, force=force, signatures=cosign_signatures
    ):
        click.echo(f"{found.name:<48} {format_size(found.size):>9}  {found.digest}")


def _built() -> Path:
    from ichor.image.build import build
    from ichor.image.cache import Cache, default_root
    from ichor.image.progress import Lines

    cache = Cache(default_root())
    return cache.path(build(cache, ("images",), Lines())["images"])


@click.command("cache-cert-gen")
@click.option("--advertised-address", "addresses", multiple=True, help="IP of the server")
@click.option("--advertised-name", "names", multiple=True, help="DNS name of the server")
@click.option("--tls-ca-file", default="ca.crt", show_default=True)
@click.option("--tls-cert-file", default="tls.crt", show_default=True)
@click.option("--tls-key-file", default="tls.key", show_default=True)
def cache_cert_gen(
    *,
    addresses: Sequence[str],
    names: Sequence[str],
    tls_ca_file: str,
    tls_cert_file: str,
    tls_key_file: str,
) -> None:
    """Make a CA and a certificate for cache-serve; the CA's key is kept nowhere."""
    from ichor.pki.issue import issue_pair, make_ca
    from ichor.pki.leaf import SERVER, Algorithm, Leaf

    sans = tuple(name for each in (*addresses, *names) for name in each.split(",") if name)
    if not sans:
        raise InputError("the certificate is for nobody", hint="give --advertised-address")
    now = datetime.now(UTC).replace(microsecond=0)
    ca = make_ca("image cache", Algorithm.P256, now=now, entropy=os.urandom, lifetime=_LIFETIME)
    leaf = Leaf(common_name="image cache", sans=sans, usages=SERVER, lifetime=_LIFETIME)
    server = issue_pair(ca, Algorithm.P256, leaf, now=now, entropy=os.urandom)
    write_text(tls_ca_file, ca.certificate, mode=0o644)
    write_text(tls_cert_file, server.certificate, mode=0o644)
    write_text(tls_key_file, server.key)
