"""`ichor gen secureboot`: the keys that images are signed with, made once, kept off the nodes."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from ichor.cli.save import write_text

PCR_KEY: Final = "pcr-signing-key.pem"

_output = click.option("-o", "--output", default="_out", show_default=True, help="directory")
_force = click.option("-f", "--force", is_flag=True, help="Replace files that are there.")


@click.group()
def secureboot() -> None:
    """Make the keys of Secure Boot."""


@secureboot.command()
@click.option("--common-name", default="Test UKI Signing Key", show_default=True)
@_output
@_force
def uki(common_name: str, output: str, *, force: bool) -> None:
    """Make what images are signed with; firmware is told the certificate."""
    from ichor.image.uki import CERTIFICATE, SIGNING_KEY
    from ichor.pki.issue import make_signer

    now = datetime.now(UTC).replace(microsecond=0)
    pair = make_signer(common_name, now=now, entropy=os.urandom)
    write_text(str(Path(output, CERTIFICATE)), pair.certificate, force=force, mode=0o644)
    write_text(str(Path(output, SIGNING_KEY)), pair.key, force=force)


@secureboot.command()
@_output
@_force
def pcr(output: str, *, force: bool) -> None:
    """Make what policies of measured boots are signed with."""
    from ichor.pki.issue import key_pem, make_key
    from ichor.pki.leaf import Algorithm

    text = key_pem(make_key(Algorithm.RSA, os.urandom))
    write_text(str(Path(output, PCR_KEY)), text, force=force)
