"""`ichor dashboard`: what machines are and do, on the whole terminal."""

import sys
from datetime import timedelta

import click

from ichor.cli import running
from ichor.cli.node import Target, calls_machines
from ichor.errors import InputError
from ichor.units import parse_duration


@click.command()
@click.option("-d", "--update-interval", "every", default="3s", show_default=True, help="A time.")
@calls_machines
def dashboard(target: Target, every: str) -> None:
    """Show what machines are and do."""
    from ichor.dashboard.session import Session
    from ichor.dashboard.terminal import Terminal
    from ichor.linux.clock import KernelClock

    interval = parse_duration(every)
    if interval <= timedelta():
        raise InputError(f"{every!r}: expected more than nothing", path="--update-interval")
    terminal = Terminal(sys.stdin.fileno(), sys.stdout.fileno())

    async def run() -> None:
        async with target.connect() as connection:
            with terminal:
                await Session(connection.nodes, terminal, KernelClock(), interval).run()

    running.run(run())
