"""A group that knows its commands by a table of names, so that `ichor` starts fast."""

import importlib
from collections.abc import Mapping

import click


class LazyGroup(click.Group):
    """table: by name, (module:attribute, help); imported when the command runs or shows its help.

    aliases: other names of commands, as of the interface's own client.
    """

    def __init__(
        self,
        *,
        table: Mapping[str, tuple[str, str]],
        aliases: Mapping[str, str],
        name: str | None = None,
        **settings: object,
    ) -> None:
        super().__init__(name, **settings)  # type: ignore[arg-type] # click's own, passed through
        self._table = table
        self._aliases = aliases

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = self._aliases.get(cmd_name, cmd_name)
        if cmd_name not in self._table:
            return None
        module, _, attribute = self._table[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._table[name][1]) for name in self.list_commands(ctx)])
