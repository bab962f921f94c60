"""`ichor gen secureboot`: the keys that images are signed with, made once, kept off the nodes."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from ichor.cli.save import read_text, write_bytes, write_text
from ichor.errors import InputError

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
    from ichor.image.measure import make_key
    from ichor.image.uki import PCR_KEY
    from ichor.pki.issue import key_pem

    text = key_pem(make_key())
    write_text(str(Path(output, PCR_KEY)), text, force=force)


@secureboot.command()
@click.option("--enrolled-certificate", help="who signs images [OUTPUT/uki-signing-cert.pem]")
@click.option("--signing-certificate", help="who may change that [OUTPUT/uki-signing-cert.pem]")
@click.option("--signing-key", help="and its key [OUTPUT/uki-signing-key.pem]")
@click.option("--include-well-known-uefi-certs", "well_known", is_flag=True)
@_output
@_force
def database(
    enrolled_certificate: str | None,
    signing_certificate: str | None,
    signing_key: str | None,
    output: str,
    *,
    well_known: bool,
    force: bool,
) -> None:
    """Make what firmware in setup mode is enrolled with: db.auth, KEK.auth, PK.auth."""
    from ichor.image.signature_list import change, signature_list
    from ichor.image.uki import CERTIFICATE, SIGNING_KEY

    if well_known:
        hint = "others than our own keys are not enrolled"
        raise InputError("known, not supported", path="--include-well-known-uefi-certs", hint=hint)
    enrolled = read_text(enrolled_certificate or str(Path(output, CERTIFICATE)))
    signer = read_text(signing_certificate or str(Path(output, CERTIFICATE)))
    key = read_text(signing_key or str(Path(output, SIGNING_KEY)))
    for name, holder in (("db", enrolled), ("KEK", signer), ("PK", signer)):
        made = change(name, signature_list(holder), signer, key)
        write_bytes(str(Path(output, f"{name}.auth")), made, force=force)
