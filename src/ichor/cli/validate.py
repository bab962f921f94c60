"""`ichor validate`: is a configuration right, for a machine of a mode."""

import sys
from typing import cast

import click

from ichor.cli.save import read_text
from ichor.errors import InputError


@click.command()
@click.option("-c", "--config", "file", required=True, help="File of the configuration, or -.")
@click.option("-m", "--mode", required=True, type=click.Choice(["metal", "cloud", "container"]))
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
def validate(file: str, mode: str, *, strict: bool) -> None:
    """Check a machine configuration without a machine."""
    from ichor.config import validate as rules
    from ichor.config.decode import decode

    chosen = cast("rules.Mode", mode)  # click has checked it
    config = decode(read_text(file), file=file)
    found = rules.validate(config, chosen)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    errors = (*found.errors, *(found.warnings if strict else ()))
    if errors:
        raise InputError("\n  ".join(("", *errors)).rstrip(), path=file)
    print(f"{file} is valid for {mode} mode")
