"""`ichor reboot`, `shutdown`, `reset`: the end of a machine's run, watched to its end.

A reboot is over when the machine answers again with another boot id; a shutdown, or a reset without
reboot, when it does not answer any more, or has already begun another boot.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Final, TypeVar

import click

from ichor.cli.draining import drain_timeout, draining
from ichor.cli.node import Target, calls_machines
from ichor.errors import Conflict, InputError, TransientError
from ichor.rpc.status import Code, RpcError
from ichor.units import parse_duration

if TYPE_CHECKING:
    from ichor.client.machine import Node

R = TypeVar("R")
_PAUSE_S: Final = 0.5
_AWAY: Final = frozenset({Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED})
_SILENT: Final = 3  # unanswered questions in a row that mean the machine is off

_wait = click.option("--wait/--no-wait", default=True, show_default=True, help="Until it is over.")
_timeout = click.option("--timeout", default="30m", show_default=True, help="How long at most.")
_debug = click.option("--debug", is_flag=True, hidden=True)


@click.command()
@click.option(
    "-m", "--mode", type=click.Choice(["default", "powercycle", "force"]), default="default"
)
@click.option("--drain", is_flag=True, help="Move pods elsewhere first; else it stays.")
@drain_timeout
@_wait
@_timeout
@_debug
@calls_machines
def reboot(
    target: Target,
    mode: str,
    drain_timeout: str,
    timeout: str,
    *,
    drain: bool,
    wait: bool,
    debug: bool,
) -> None:
    """Reboot machines."""
    ask = rebooting(mode)
    if drain:
        ask = draining(mode, drain=True, timeout=drain_timeout, keep_quorum=False, insists=True)
    target.stream(lambda node, _: act(node, ask, timeout, wait=wait, comes_back=True))


def rebooting(mode: str) -> "Callable[[Node], Awaitable[str]]":
    """Give what asks a machine to reboot, and answers the actor's id."""
    from ichor.client.operation import actor_of
    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> str:
        request = pb.RebootRequest(mode=mode.upper())
        return actor_of(await node.call("Reboot", request, pb.RebootResponse))

    return ask


@click.command()
@click.option("--force", is_flag=True, help="Do not wait for what runs to end well.")
@_wait
@_timeout
@_debug
@calls_machines
def shutdown(target: Target, timeout: str, *, force: bool, wait: bool, debug: bool) -> None:
    """Turn machines off."""
    from ichor.client.operation import actor_of
    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> str:
        request = pb.ShutdownRequest(force=force)
        return actor_of(await node.call("Shutdown", request, pb.ShutdownResponse))

    target.stream(lambda node, _: act(node, ask, timeout, wait=wait, comes_back=False))


@click.command()
@click.option("--graceful/--no-graceful", default=True, show_default=True, help="Leave etcd first.")
@click.option("--reboot", "comes_back", is_flag=True, help="Reboot instead of turning off.")
@click.option("--system-labels-to-wipe", multiple=True, help="STATE, EPHEMERAL; default: all.")
@click.option("--user-disks-to-wipe", multiple=True, help="Disks, by path.")
@click.option("--wipe-mode", type=click.Choice(["all", "system-disk", "user-disks"]), default="all")
@_wait
@_timeout
@_debug
@calls_machines
def reset(
    target: Target,
    system_labels_to_wipe: tuple[str, ...],
    user_disks_to_wipe: tuple[str, ...],
    wipe_mode: str,
    timeout: str,
    *,
    graceful: bool,
    comes_back: bool,
    wait: bool,
    debug: bool,
) -> None:
    """Wipe machines back to what they were before their configuration."""
    from ichor.client.operation import actor_of
    from ichor.proto.machine import machine_pb2 as pb

    labels = [part for each in system_labels_to_wipe for part in each.split(",") if part]
    request = pb.ResetRequest(
        graceful=graceful,
        reboot=comes_back,
        mode=wipe_mode.upper().replace("-", "_"),
        system_partitions_to_wipe=[pb.ResetPartitionSpec(label=one, wipe=True) for one in labels],
        user_disks_to_wipe=[part for each in user_disks_to_wipe for part in each.split(",")],
    )

    async def ask(node: "Node") -> str:
        return actor_of(await node.call("Reset", request, pb.ResetResponse))

    # A machine that was reset knows our certificate no more: it is watched until it is gone.
    target.stream(lambda node, _: act(node, ask, timeout, wait=wait, comes_back=False))


async def act(
    node: "Node",
    ask: "Callable[[Node], Awaitable[str]]",
    timeout: str,
    *,
    wait: bool,
    comes_back: bool,
) -> None:
    limit = parse_duration(timeout).total_seconds()
    before = await boot_id(node) if wait else ""
    actor = await ask(node)
    print(f"{node.name}: asked for", flush=True)
    if not wait:
        return
    begin = time.monotonic()
    try:
        async with asyncio.timeout(limit):
            end = _until_new(node, before) if comes_back else _until_gone(node, before)
            await _unless_refused(node, actor, end)
    except TimeoutError:
        raise TransientError(f"is not over after {timeout}") from None
    state = "back" if comes_back else "gone"
    print(f"{node.name}: {state} after {time.monotonic() - begin:.1f} s", flush=True)


async def _unless_refused(node: "Node", actor: str, end: Coroutine[None, None, None]) -> None:
    """Wait for the end. Raises Conflict once the machine says there is none."""
    from ichor.client.operation import refused

    ending, refusal = asyncio.create_task(end), asyncio.create_task(refused(node, actor))
    try:
        await asyncio.wait((ending, refusal), return_when=asyncio.FIRST_COMPLETED)
        if not ending.done() and (why := refusal.result()):
            raise Conflict(why)
        await ending
    finally:
        ending.cancel()
        refusal.cancel()


async def _until_new(node: "Node", before: str) -> None:
    while True:
        if await answered(lambda: boot_id(node)) != before:
            return
        await asyncio.sleep(_PAUSE_S)


async def answered(ask: Callable[[], Awaitable[R]]) -> R:
    """Ask until there is an answer: a machine that starts is away, and may start once more."""
    while True:
        try:
            return await ask()
        except RpcError as error:
            if error.code not in _AWAY:
                raise
        await asyncio.sleep(_PAUSE_S)


async def _until_gone(node: "Node", before: str) -> None:
    silent = 0
    while silent < _SILENT:
        try:
            if await boot_id(node) != before:
                return
            silent = 0
        except RpcError as error:
            # A wiped machine may answer again, as one in maintenance mode: then it is over, too.
            silent += 1 if error.code is Code.UNAVAILABLE else _SILENT
        await asyncio.sleep(_PAUSE_S)


async def boot_id(node: "Node") -> str:
    """Give which boot this is: whoever may turn a machine off may ask that."""
    from ichor.client.state import StateClient
    from ichor.resources.runtime.boot import BootID
    from ichor.resources.runtime.ids import BOOT_ID_ID

    try:
        async with asyncio.timeout(5):
            found = await StateClient(node.channel, node.metadata).get(BootID, BOOT_ID_ID)
    except TimeoutError:
        raise RpcError(Code.UNAVAILABLE, "no answer") from None
    if found is None:
        raise InputError("the machine has no boot id")
    return found.spec.boot_id
