"""Boolean options that may also be written `--name=true` or `--name=false`, as scripts do."""

import re

import click

_VALUED = re.compile(r"(--[a-z0-9-]+)=(true|false)")


class GoFlags(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flags = {
            name: parameter
            for parameter in self.params
            if isinstance(parameter, click.Option) and parameter.is_flag
            for name in parameter.opts
        }
        return super().parse_args(ctx, [new for arg in args for new in _plain(arg, flags)])


def _plain(arg: str, flags: dict[str, click.Option]) -> list[str]:
    match = _VALUED.fullmatch(arg)
    if match is None or match[1] not in flags:
        return [arg]
    return [match[1]] if match[2] == "true" else list(flags[match[1]].secondary_opts[:1])
