"""`ichor image`: what was built, caches of images, and the images of machines."""

import click

from ichor.cli.lazy import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "cache-cert-gen": ("ichor.cli.image_cache:cache_cert_gen", "Make a certificate to serve with."),
    "cache-create": ("ichor.cli.image_cache:cache_create", "Make a cache of images."),
    "cache-serve": ("ichor.apps.registryd.host:cache_serve", "Serve a cache as a registry."),
    "list": ("ichor.cli.image_node:list_", "List images of machines."),
    "pull": ("ichor.cli.image_node:pull", "Pull an image to machines, or send them an archive."),
    "remove": ("ichor.cli.image_node:remove", "Remove an image from machines."),
    "verify": ("ichor.cli.image_verify:verify", "Have machines prove what they run from."),
    "inspect": ("ichor.cli.image_inspect:inspect", "Look into what was built."),
}
ALIASES: dict[str, str] = {"l": "list", "ls": "list", "p": "pull", "rm": "remove"}


@click.command(cls=LazyGroup, table=COMMANDS, aliases=ALIASES)
def image() -> None:
    """Images: what was built, caches of them, those of machines."""
