"""`ichor image`: what was built, caches of images, and the images of machines."""

import click

from ichor.cli.lazy import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "cache-cert-gen": ("ichor.cli.image_cache:cache_cert_gen", "Make a certificate to serve with."),
    "cache-create": ("ichor.cli.image_cache:cache_create", "Make a cache of images."),
    "cache-serve": ("ichor.apps.registryd.host:cache_serve", "Serve a cache as a registry."),
    "inspect": ("ichor.cli.image_inspect:inspect", "Look into what was built."),
}


@click.command(cls=LazyGroup, table=COMMANDS, aliases={})
def image() -> None:
    """Images: what was built, caches of them, those of machines."""
