"""`ichor release`: all artefacts of a build in one folder, signed; and whether one is whole."""

import os
from pathlib import Path

import click

from ichor.errors import InputError
from ichor.units import format_size


@click.group(invoke_without_command=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The folder to write.")
@click.option("--level", default=19, show_default=True, help="zstd level of the root, 1 to 22.")
@click.option("--platform", default="metal", show_default=True, help="What its machines run on.")
@click.option(
    "--repository",
    default="",
    metavar="REGISTRY/PATH",
    help="Where nodes will pull the installer from; its signature is for there.",
)
@click.pass_context
def release(
    context: click.Context, output: Path | None, level: int, platform: str, repository: str
) -> None:
    """Build and sign a release for a platform, by the keys of ICHOR_SECUREBOOT."""
    if context.invoked_subcommand is not None:
        return
    from ichor.image import budget, release, tools, uki
    from ichor.image.build import FAST, artifacts
    from ichor.image.cache import Cache, default_root
    from ichor.image.inspect import inspect
    from ichor.image.progress import Lines

    if output is None:
        raise InputError("which folder?", hint="say -o FOLDER")
    if output.exists() and any(output.iterdir()):
        raise InputError("is not empty", path=str(output))
    signer = uki.signing()
    if signer is None:
        hint = f"set {uki.KEYS} to a folder of `ichor gen secureboot uki`"
        raise InputError("a release is signed, and there are no keys", hint=hint)
    cache = Cache(default_root())
    cache.make([*release.steps(cache, level, platform).values()], Lines())
    made = artifacts(cache, level=level or FAST)
    budget.check(inspect(made, tools.unsquashfs(cache)), budget.read())
    manifest = release.make(cache, output, signer, level, platform, repository)
    for name, one in manifest.artefacts.items():
        click.echo(f"{name:<16} {format_size(one.size):>9}  {one.sha256}")
    click.echo(f"root hash {manifest.root}, image {manifest.image}")


@release.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Of who is trusted to release; else that of ICHOR_SECUREBOOT.",
)
def verify(folder: Path, certificate: Path | None) -> None:
    """Check every file of a release by its manifest, and that by its signature."""
    from ichor.image import release, uki

    named = os.environ.get(uki.KEYS)
    trusted = certificate or (Path(named) / uki.CERTIFICATE if named else None)
    if trusted is None:
        raise InputError("trusted is who?", hint="say --certificate FILE")
    manifest = release.verify(folder, trusted.read_text())
    click.echo(f"whole: version {manifest.version}, {len(manifest.artefacts)} files")
    click.echo(f"root hash {manifest.root}, image {manifest.image}")
