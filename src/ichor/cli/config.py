"""`ichor config`: the contexts of the talosconfig file."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import click
import msgspec

from ichor.cli.node import Target, calls_machines
from ichor.cli.save import read_text, write_text
from ichor.client.talosconfig import Context, Talosconfig, default_path, load, save
from ichor.config.secret import Secret
from ichor.errors import FormatError, InputError
from ichor.formats.yaml.values import Value
from ichor.units import parse_duration


class File:
    """The talosconfig a command works on."""

    def __init__(self, path: str | None) -> None:
        self.path = Path(path) if path else default_path(os.environ)
        self.content = load(self.path)

    def save(self, content: Talosconfig) -> None:
        save(self.path, content)


class AliasedGroup(click.Group):
    """A group whose commands also go by the names in ALIASES."""

    ALIASES: ClassVar[Mapping[str, str]] = {
        "use-context": "context",
        "get-contexts": "contexts",
        "endpoints": "endpoint",
        "nodes": "node",
    }

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, self.ALIASES.get(cmd_name, cmd_name))


@click.group(cls=AliasedGroup)
@click.option("--talosconfig", help="The file; else $TALOSCONFIG, else ~/.talos/config.")
@click.pass_context
def config(context: click.Context, talosconfig: str | None) -> None:
    """Work with the client's configuration file (talosconfig)."""
    context.obj = File(talosconfig)


@config.command()
@click.argument("context")
@click.option("--ca", required=True, help="File of the CA's certificate.")
@click.option("--crt", required=True, help="File of the client's certificate.")
@click.option("--key", required=True, help="File of the client's key.")
@click.pass_obj
def add(file: File, context: str, ca: str, crt: str, key: str) -> None:
    """Add a CONTEXT and use it."""
    if context in file.content.contexts:
        raise InputError(f"context {context!r} is there already", hint="remove it first")
    made = Context(ca=read_text(ca), crt=read_text(crt), key=Secret(read_text(key)))
    file.save(file.content.with_context(context, made).using(context))


@config.command(name="context")
@click.argument("context")
@click.pass_obj
def use_context(file: File, context: str) -> None:
    """Use CONTEXT from now on."""
    file.save(file.content.using(context))


@config.command()
@click.pass_obj
def contexts(file: File) -> None:
    """List the contexts."""
    rows = [("CURRENT", "NAME", "ENDPOINTS", "NODES")]
    for name, one in sorted(file.content.contexts.items()):
        mark = "*" if name == file.content.context else ""
        rows.append((mark, name, ",".join(one.endpoints), ",".join(one.nodes)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        line = "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(line.rstrip())


@config.command()
@click.argument("endpoints", nargs=-1, required=True)
@click.pass_obj
def endpoint(file: File, endpoints: tuple[str, ...]) -> None:
    """Set the ENDPOINTS of the context in use."""
    _change(file, endpoints=_split(endpoints))


@config.command()
@click.argument("nodes", nargs=-1, required=True)
@click.pass_obj
def node(file: File, nodes: tuple[str, ...]) -> None:
    """Set the NODES that calls are for by default."""
    _change(file, nodes=_split(nodes))


@config.command(name="proxy-url")
@click.argument("url", required=False)
@click.pass_obj
def proxy_url(file: File, url: str | None) -> None:
    """Set the proxy to reach the endpoints through; without URL, none."""
    _change(file, proxy_url=url or "")


@config.command()
@click.argument("context")
@click.option("-y", "--noconfirm", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and keep it.")
@click.pass_obj
def remove(file: File, context: str, *, noconfirm: bool, dry_run: bool) -> None:
    """Remove a CONTEXT."""
    changed = file.content.without(context)
    if dry_run:
        print(f"would remove {context}")
        return
    if not noconfirm:
        click.confirm(f"Remove context {context}?", abort=True)
    file.save(changed)


@config.command()
@click.argument("from_file")
@click.pass_obj
def merge(file: File, from_file: str) -> None:
    """Join in the contexts of another file; names that are taken get a number."""
    source = Path(from_file)
    if not source.is_file():
        raise InputError("no such file", path=from_file)
    merged, renamed = file.content.merged(load(source))
    file.save(merged)
    for old, new in renamed.items():
        print(f"renamed context {old} -> {new}", file=sys.stderr)


@config.command()
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text")
@click.option("--context", "name", default="", help="Another context than the one in use.")
@click.pass_obj
def info(file: File, output: str, name: str) -> None:
    """Show the context in use, without its key."""
    from ichor.formats.yaml.write import dump

    shown = {"context": name or file.content.context, **_facts(file.content.current(name))}
    if output == "json":
        print(json.dumps(shown, indent=2))
    elif output == "yaml":
        print(dump(shown), end="")
    else:
        for label, value in shown.items():
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            print(f"{label + ':':<13}{text or 'none'}")


@config.command()
@click.argument("path", required=False, default="talosconfig")
@click.option("--roles", multiple=True, default=("os:admin",), show_default=True)
@click.option("--crt-ttl", default="8760h", show_default=True, help="How long it is valid.")
@calls_machines
def new(target: Target, path: str, roles: tuple[str, ...], crt_ttl: str) -> None:
    """Have a control plane make a client configuration, with its own key, into PATH."""
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.GenerateClientConfigurationRequest(
        roles=[part for role in roles for part in role.split(",") if part]
    )
    request.crt_ttl.FromTimedelta(parse_duration(crt_ttl))

    async def ask(node: Node) -> str:
        reply = pb.GenerateClientConfigurationResponse
        answer = await node.call("GenerateClientConfiguration", request, reply, timeout_s=60)
        return answer.messages[0].talosconfig.decode()

    write_text(path, target.one(ask))


def _facts(context: Context) -> dict[str, Value]:
    from ichor.pki.certificate import parse_pem

    facts: dict[str, Value] = {
        "nodes": list(context.nodes),
        "endpoints": list(context.endpoints),
    }
    if context.crt is not None:
        try:
            certificate = parse_pem(context.crt)
        except FormatError as err:
            raise InputError(f"the certificate is not readable: {err}") from err
        facts["roles"] = list(certificate.organizations)
        facts["expires"] = certificate.not_after.strftime("%Y-%m-%d %H:%M:%S UTC")
    return facts


def _split(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for value in values for part in value.split(",") if part)


def _change(file: File, **changes: object) -> None:
    name = file.content.context
    changed = msgspec.structs.replace(file.content.current(), **changes)
    file.save(file.content.with_context(name, changed))
