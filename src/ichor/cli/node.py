"""What every command that calls machines has: the options, and one call per node.

The options may stand before or after the command's name. A node that fails is one line on stderr
and exit code 1; what the others said is printed all the same.
"""

import asyncio
import functools
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

import click

from ichor.cli import running
from ichor.errors import IchorError, InputError
from ichor.rpc.status import RpcError

if TYPE_CHECKING:
    from ichor.client.machine import Connection, Node

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
_KEY: Final = "ichor.target."


def _keep(context: click.Context, option: click.Parameter, value: object) -> None:
    """Remember an option that was given; the one nearer to the command counts."""
    if value not in (None, (), False):
        context.meta[f"{_KEY}{option.name}"] = value


def _option(*names: str, multiple: bool = False, is_flag: bool = False, about: str) -> click.Option:
    return click.Option(
        names, multiple=multiple, is_flag=is_flag, help=about, expose_value=False, callback=_keep
    )


_OPTIONS: Final = (
    _option("-n", "--nodes", multiple=True, about="Nodes the call is for, comma-separated."),
    _option("-e", "--endpoints", multiple=True, about="Machines to call through."),
    _option("--talosconfig", about="The file; else $TALOSCONFIG, else ~/.talos/config."),
    _option("--context", about="The context of the file to use."),
    _option("-c", "--cluster", about="A name for messages; without effect on calls."),
)
_INSECURE: Final = (
    _option("-i", "--insecure", is_flag=True, about="Call nodes in maintenance mode."),
    _option("--cert-fingerprint", multiple=True, about="Accept this certificate only (SHA-256)."),
)


class Target:
    """Whom a command calls, as its options say."""

    def __init__(self, context: click.Context) -> None:
        self._meta = context.meta

    def _texts(self, name: str) -> tuple[str, ...]:
        values = self._meta.get(f"{_KEY}{name}", ())
        return tuple(part for value in values for part in str(value).split(",") if part)

    def _text(self, name: str) -> str:
        return str(self._meta.get(f"{_KEY}{name}") or "")

    @property
    def is_insecure(self) -> bool:
        return bool(self._meta.get(f"{_KEY}insecure"))

    @property
    def talosconfig(self) -> Path:
        from ichor.client.talosconfig import default_path

        named = self._text("talosconfig")
        return Path(named) if named else default_path(os.environ)

    def connect(self) -> "Connection":
        """Make the connection; nothing is dialled yet. Raises InputError."""
        from ichor.client import machine
        from ichor.client.talosconfig import load

        nodes = self._texts("nodes")
        if self.is_insecure:
            return machine.insecure(nodes, self._texts("cert_fingerprint"))
        context = load(self.talosconfig).current(self._text("context"))
        return machine.secure(context, nodes, self._texts("endpoints"))

    def each(
        self,
        call: "Callable[[Node], Awaitable[T]]",
        show: Callable[[Sequence[tuple[str, T]]], None],
    ) -> None:
        """Call every node at once, then show what came, in the order the nodes were named."""

        async def run() -> "list[tuple[str, T | Exception]]":
            async with self.connect() as connection:
                answers = await asyncio.gather(*(_tried(call, node) for node in connection.nodes))
                return [
                    (node.name, answer)
                    for node, answer in zip(connection.nodes, answers, strict=True)
                ]

        answers = running.run(run())
        good = [(name, one) for name, one in answers if not isinstance(one, Exception)]
        if good:
            show(good)
        _end([(name, one) for name, one in answers if isinstance(one, Exception)])

    def stream(self, call: "Callable[[Node, bool], Awaitable[None]]") -> None:
        """Let the call print what each node streams; it is told whether there are several."""

        async def run() -> list[tuple[str, Exception | None]]:
            async with self.connect() as connection:
                several = len(connection.nodes) > 1
                answers = await asyncio.gather(
                    *(_tried(lambda one: call(one, several), node) for node in connection.nodes)
                )
                return [
                    (node.name, answer)
                    for node, answer in zip(connection.nodes, answers, strict=True)
                ]

        _end([(name, one) for name, one in running.run(run()) if isinstance(one, Exception)])

    def in_turn(self, call: "Callable[[Node, bool], Awaitable[None]]") -> None:
        """Do what `stream` does, node by node; the first that fails ends it."""

        async def run() -> list[tuple[str, Exception]]:
            async with self.connect() as connection:
                several = len(connection.nodes) > 1
                for node in connection.nodes:
                    error = await _tried(lambda one: call(one, several), node)
                    if isinstance(error, Exception):
                        return [(node.name, error)]
            return []

        _end(running.run(run()))

    def one(self, call: "Callable[[Node], Awaitable[T]]") -> T:
        """Call the one node that is named. Raises InputError for several, or its error."""

        async def run() -> T:
            async with self.connect() as connection:
                if len(connection.nodes) != 1:
                    raise InputError("this is for one node at a time", hint="say by -n which")
                return await call(connection.nodes[0])

        try:
            return running.run(run())
        except RpcError as error:
            raise click.ClickException(str(error)) from error


async def _tried(call: "Callable[[Node], Awaitable[T]]", node: "Node") -> "T | Exception":
    try:
        return await call(node)
    except BrokenPipeError:  # who reads us has seen enough
        raise
    except (IchorError, OSError) as error:
        return error


def _end(failures: Sequence[tuple[str, Exception]]) -> None:
    for name, error in failures:
        print(f"error: {name}: {error}", file=sys.stderr)
    if failures:
        raise click.exceptions.Exit(1)


def calls_machines(
    function: Callable[Concatenate[Target, P], R],
) -> Callable[P, R]:
    """Give a command the options of calls, and the target they make."""
    return _with(function, _OPTIONS)


def calls_any_machine(function: Callable[Concatenate[Target, P], R]) -> Callable[P, R]:
    """As calls_machines, also for nodes in maintenance mode."""
    return _with(function, (*_OPTIONS, *_INSECURE))


def _with(
    function: Callable[Concatenate[Target, P], R], options: Sequence[click.Option]
) -> Callable[P, R]:
    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(Target(click.get_current_context()), *args, **kwargs)

    _attach(wrapper, options)
    return wrapper


def global_options(function: Callable[P, R]) -> Callable[P, R]:
    """Let the options of calls stand before the command's name, too."""
    _attach(function, _OPTIONS)
    return function


def _attach(function: object, options: Sequence[click.Option]) -> None:
    """Add options where click's own decorators keep them until the command is made."""
    held: list[click.Parameter] = getattr(function, "__click_params__", [])
    setattr(function, "__click_params__", [*held, *reversed(options)])  # noqa: B010 - no attribute of a function's type
