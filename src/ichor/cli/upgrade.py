"""`ichor upgrade`, `rollback`: another image for machines, and the one before.

    etcd asked ─► image to the machine ─► written where nothing runs from ─► etcd asked again
        ─► pods moved elsewhere ─► reboot ─► another boot id and entry ─► ready, takes pods again

Staged, the machine checks the image, moves its pods and reboots; that start writes it, and reboots
into it.

Machines are done one after the other, each once the one before is ready: the first that does not
come back, or comes back as what it was, ends it.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ichor.cli.draining import can_go, drain_timeout, draining, is_said
from ichor.cli.install import SERVICE, follow
from ichor.cli.node import Target, calls_machines
from ichor.errors import Conflict, InputError, TransientError
from ichor.units import parse_duration

if TYPE_CHECKING:
    from ichor.client.machine import Node

_PAUSE_S: Final = 1.0
# What the interface's one call for it has no word for.
_NOT_STAGED: Final = ("drain", "drain_timeout", "namespace", "no_reboot", "reboot_mode")
_wait = click.option("--wait/--no-wait", default=True, show_default=True, help="Until it is over.")
_timeout = click.option("--timeout", default="30m", show_default=True, help="How long at most.")


@click.command()
@click.option("-i", "--image", required=True, help="The installer image, or a file: its archive.")
@click.option(
    "--namespace",
    type=click.Choice(["system", "cri"]),
    default="system",
    show_default=True,
    help="Where the machine keeps the image.",
)
@click.option(
    "-m", "--reboot-mode", type=click.Choice(["default", "powercycle", "force"]), default="default"
)
@click.option("--no-reboot", is_flag=True, help="Write the image; the next boot is of it.")
@click.option("--drain/--no-drain", default=True, show_default=True, help="Move pods first.")
@drain_timeout
@click.option("--stage", is_flag=True, help="Have the next start write it, before all else.")
@click.option("--allow-older", is_flag=True, help="Let it run images it would refuse as too old.")
@click.option("--force", is_flag=True, help="Do not ask whether etcd can do without it.")
@_wait
@_timeout
@click.option("--debug", is_flag=True, hidden=True)
@calls_machines
def upgrade(
    target: Target,
    image: str,
    namespace: str,
    reboot_mode: str,
    drain_timeout: str,
    timeout: str,
    *,
    no_reboot: bool,
    drain: bool,
    stage: bool,
    allow_older: bool,
    force: bool,
    wait: bool,
    debug: bool,
) -> None:
    """Have machines run another image; one that does not come up makes room for the one before."""
    from ichor.cli.image_node import send
    from ichor.cli.power import act

    reboot = draining(
        reboot_mode,
        drain=drain,
        timeout=drain_timeout,
        keep_quorum=not force,
        insists=drain and is_said("drain"),
    )
    archive = Path(image) if Path(image).is_file() else None
    if stage and (others := [one for one in _NOT_STAGED if is_said(one)]):
        raise InputError(f"--stage goes without --{others[0].replace('_', '-')}")

    async def each(node: "Node", several: bool) -> None:
        if not force:
            await can_go(node)
        before = await _entry(node)
        there = send(node, archive, namespace) if archive else _there(node, image, namespace)
        name = await there
        if allow_older:
            await _allow_older(node)
        if not stage:
            await _write(node, name, namespace)
        if no_reboot:
            return
        ask = _staging(name, force=force) if stage else reboot
        await act(node, ask, timeout, wait=wait, comes_back=True)
        if wait and stage:
            await _until_written(node, before, timeout)
        if wait:
            await _until_well(node, before, timeout, ready=several)

    target.in_turn(each)


@click.command()
@_wait
@_timeout
@calls_machines
def rollback(target: Target, timeout: str, *, wait: bool) -> None:
    """Have machines run the image before this one; they reboot at once."""
    from ichor.cli.power import act
    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> str:
        await node.call("Rollback", pb.RollbackRequest(), pb.RollbackResponse)
        return ""

    async def each(node: "Node", several: bool) -> None:
        before = await _entry(node)
        await act(node, ask, timeout, wait=wait, comes_back=True)
        if wait:
            await _until_well(node, before, timeout, ready=several)

    target.in_turn(each)


async def _entry(node: "Node") -> str:
    """Give which boot entry a machine runs; empty where it has none."""
    from ichor.client.state import StateClient
    from ichor.resources.runtime.boot import BootedEntry
    from ichor.resources.runtime.ids import BOOTED_ENTRY_ID

    found = await StateClient(node.channel, node.metadata).get(BootedEntry, BOOTED_ENTRY_ID)
    return found.spec.booted_entry if found is not None else ""


async def _until_well(node: "Node", before: str, timeout: str, *, ready: bool) -> None:
    """Raises Conflict where it runs what it ran before; ready: wait for that, too."""
    from ichor.cli.power import answered

    try:
        async with asyncio.timeout(parse_duration(timeout).total_seconds()):
            if before and await answered(lambda: _entry(node)) == before:
                raise Conflict(f"it runs {before}, as before: the other image did not come up")
            while ready:
                if await answered(lambda: _is_ready(node)):
                    print(f"{node.name}: ready", flush=True)
                    return
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        raise TransientError(f"is not ready after {timeout}; others are left as they are") from None


def _staging(image: str, *, force: bool) -> "Callable[[Node], Awaitable[str]]":
    """Give what has a machine stage an image and reboot, and answers the actor's id."""
    from ichor.client.operation import actor_of
    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> str:
        request = pb.UpgradeRequest(image=image, stage=True, force=force)
        return actor_of(await node.call("Upgrade", request, pb.UpgradeResponse))

    return ask


async def _until_written(node: "Node", before: str, timeout: str) -> None:
    """Wait until a machine runs another entry, or has nothing more to write."""
    from ichor.cli.power import answered

    try:
        async with asyncio.timeout(parse_duration(timeout).total_seconds()):
            while True:
                if not await answered(lambda: _is_writing(node, before)):
                    return
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        raise TransientError(f"has not written the image after {timeout}") from None


async def _is_writing(node: "Node", before: str) -> bool:
    from ichor.client.state import StateClient
    from ichor.resources.runtime.staged_upgrade import ID, StagedUpgradeStatus

    if await _entry(node) != before:
        return False
    found = await StateClient(node.channel, node.metadata).get(StagedUpgradeStatus, ID)
    return found is None or bool(found.spec.image)


async def _is_ready(node: "Node") -> bool:
    from ichor.client.state import StateClient
    from ichor.resources.runtime.ids import MACHINE_STATUS_ID
    from ichor.resources.runtime.machine import MachineStatus

    found = await StateClient(node.channel, node.metadata).get(MachineStatus, MACHINE_STATUS_ID)
    return found is not None and found.spec.status.ready


async def _there(node: "Node", image: str, namespace: str) -> str:
    """Have the image on the machine, and give its name there."""
    from ichor.cli.image_node import instance, pull_to
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.ImageServiceListRequest(containerd=instance(namespace))
    listed = node.stream("List", request, pb.ImageServiceListResponse, service="ImageService")
    if image in {one.name async for one in listed}:
        return image
    return await pull_to(node, image, namespace)


async def _allow_older(node: "Node") -> None:
    from ichor.proto.ichor import image_pb2 as pb

    request = pb.AllowOlderRequest(least=0)
    answer = pb.AllowOlderResponse
    done = await node.call("AllowOlder", request, answer, module=pb, service="Image")
    print(f"{node.name}: runs any image now, none before {done.before} until now", file=sys.stderr)


async def _write(node: "Node", name: str, namespace: str) -> None:
    """Raises Conflict with the machine's last word where it does not write it."""
    from ichor.cli.image_node import instance
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.LifecycleServiceUpgradeRequest(
        containerd=instance(namespace), source=pb.InstallArtifactsSource(image_name=name)
    )
    answers = node.stream("Upgrade", request, pb.LifecycleServiceUpgradeResponse, service=SERVICE)
    await follow(node.name, (told.progress async for told in answers))
