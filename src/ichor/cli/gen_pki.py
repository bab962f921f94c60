"""`ichor gen ca|key|csr|crt`: single keys and certificates, Ed25519 unless told otherwise."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ichor.cli.save import read_text, write_text

force_option = click.option("-f", "--force", is_flag=True, help="Replace files that are there.")


@click.command()
@click.option("--organization", required=True, help="Subject of the CA, and name of the files.")
@click.option("--hours", default=87600, show_default=True, help="How long it is valid.")
@click.option("--rsa", is_flag=True, help="RSA instead of Ed25519.")
@force_option
def ca(organization: str, hours: int, *, rsa: bool, force: bool) -> None:
    """Make a CA: ORGANIZATION.crt and ORGANIZATION.key."""
    from ichor.pki.issue import make_ca
    from ichor.pki.leaf import Algorithm

    pair = make_ca(
        organization,
        Algorithm.RSA if rsa else Algorithm.ED25519,
        now=_now(),
        entropy=os.urandom,
        lifetime=timedelta(hours=hours),
    )
    write_text(f"{organization}.crt", pair.certificate, force=force, mode=0o644)
    write_text(f"{organization}.key", pair.key, force=force)


@click.command()
@click.option("--name", required=True, help="Name of the file.")
@force_option
def key(name: str, *, force: bool) -> None:
    """Make an Ed25519 key: NAME.key."""
    from ichor.pki.issue import key_pem, make_key
    from ichor.pki.leaf import Algorithm

    write_text(f"{name}.key", key_pem(make_key(Algorithm.ED25519, os.urandom)), force=force)


@click.command()
@click.option("--key", "key_file", required=True, help="File of the key.")
@click.option("--ip", default="", help="An address it is to name.")
@click.option("--roles", default="os:admin", show_default=True, help="Comma-separated.")
@force_option
def csr(key_file: str, ip: str, roles: str, *, force: bool) -> None:
    """Make a certificate request beside the key: KEY.csr."""
    from ichor.pki.issue import load_key, make_csr

    request = make_csr(
        load_key(read_text(key_file)),
        organizations=tuple(role for role in roles.split(",") if role),
        sans=(ip,) if ip else (),
    )
    write_text(str(Path(key_file).with_suffix(".csr")), request, force=force, mode=0o644)


@click.command()
@click.option("--ca", "ca_name", required=True, help="CA.crt and CA.key sign it.")
@click.option("--csr", "csr_file", required=True, help="File of the request.")
@click.option("--name", required=True, help="Name of the file.")
@click.option("--hours", default=24, show_default=True, help="How long it is valid.")
@force_option
def crt(ca_name: str, csr_file: str, name: str, hours: int, *, force: bool) -> None:
    """Sign a request for a client: NAME.crt, client authentication only."""
    from ichor.pki.issue import Pair, sign_csr
    from ichor.pki.leaf import CLIENT

    certificate = sign_csr(
        Pair(certificate=read_text(f"{ca_name}.crt"), key=read_text(f"{ca_name}.key")),
        read_text(csr_file),
        usages=CLIENT,
        lifetime=timedelta(hours=hours),
        now=_now(),
        entropy=os.urandom,
    )
    write_text(f"{name}.crt", certificate, force=force, mode=0o644)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
