"""`ichor apply-config`: give machines a configuration, whole."""

from collections.abc import Sequence

import click

from ichor.cli.node import Target, calls_any_machine
from ichor.cli.save import patches_of, read_text
from ichor.errors import InputError
from ichor.units import parse_duration

MODES = ("auto", "no-reboot", "staged", "try")


@click.command(name="apply-config")
@click.option("-f", "--file", "path", required=True, help="File of the configuration, or -.")
@click.option("-m", "--mode", type=click.Choice(MODES), default="auto", show_default=True)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--timeout", default="1m", show_default=True, help="Of mode try: until it reverts.")
@click.option("-p", "--config-patch", multiple=True, help="Patch laid over it, a text or @file.")
@calls_any_machine
def apply_config(
    target: Target,
    path: str,
    mode: str,
    timeout: str,
    config_patch: tuple[str, ...],
    *,
    dry_run: bool,
) -> None:
    """Apply a configuration to machines."""
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.ApplyConfigurationRequest(
        data=patched(read_text(path), path, config_patch).encode(),
        mode=mode.upper().replace("-", "_"),
        dry_run=dry_run,
    )
    if mode == "try":
        request.try_mode_timeout.FromTimedelta(parse_duration(timeout))

    async def ask(node: Node) -> pb.ApplyConfigurationResponse:
        reply = pb.ApplyConfigurationResponse
        return await node.call("ApplyConfiguration", request, reply, timeout_s=60)

    def show(answers: Sequence[tuple[str, pb.ApplyConfigurationResponse]]) -> None:
        for name, answer in answers:
            for one in answer.messages:
                for warning in one.warnings:
                    print(f"{name}: warning: {warning}")
                print(f"{name}: {one.mode_details}")

    target.each(ask, show)


def patched(text: str, path: str, patches: tuple[str, ...]) -> str:
    """Lay patches over a configuration; without any it goes as it is."""
    if not patches:
        return text
    from ichor.config import patch
    from ichor.config.decode import decode
    from ichor.config.encode import encode

    read = [one for name, content in patches_of(patches) for one in patch.read(content, file=name)]
    if not read:
        raise InputError("the patches are empty", path="--config-patch")
    return encode(patch.apply_to(decode(text, file=path), read, file=path))
