"""`ichor machineconfig`: generate and patch configurations, offline."""

import click

from ichor.cli.gen import config
from ichor.cli.save import STDOUT, patches_of, read_text, write_text


@click.group()
def machineconfig() -> None:
    """Generate or patch machine configurations."""


machineconfig.add_command(config, name="gen")


@machineconfig.command()
@click.argument("machineconfig_file")
@click.option("-p", "--patch", "patches", multiple=True, required=True, help="A text or @file.")
@click.option("-o", "--output", default=STDOUT, help="File to write, replaced; default: stdout.")
def patch(machineconfig_file: str, patches: tuple[str, ...], output: str) -> None:
    """Lay patches over MACHINECONFIG_FILE and check the outcome."""
    from ichor.config import patch as patching

    read = [one for name, text in patches_of(patches) for one in patching.read(text, file=name)]
    text = patching.apply(read_text(machineconfig_file), read, file=machineconfig_file)
    write_text(output, text, force=True)
