"""`ichor service`: what runs on machines, and starting, stopping or restarting it."""

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_any_machine
from ichor.cli.table import print_table

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb

_ACTIONS = ("status", "start", "stop", "restart")


@click.command()
@click.argument("id_", metavar="[ID]", required=False, default="")
@click.argument("action", type=click.Choice(_ACTIONS), required=False, default="status")
@calls_any_machine
def service(target: Target, id_: str, action: str) -> None:
    """List services, show one, or start, stop or restart it."""
    if action != "status":
        _control(target, id_, action)
        return

    async def ask(node: "Node") -> "Sequence[pb.ServiceInfo]":
        from google.protobuf.empty_pb2 import Empty

        from ichor.proto.machine import machine_pb2 as pb

        answer = await node.call("ServiceList", Empty(), pb.ServiceListResponse, timeout_s=20)
        return [info for one in answer.messages for info in one.services]

    target.each(ask, lambda answers: show_one(answers, id_) if id_ else show_all(answers))


def show_all(answers: "Sequence[tuple[str, Sequence[pb.ServiceInfo]]]") -> None:
    rows = [("NODE", "SERVICE", "STATE", "HEALTH", "LAST CHANGE", "LAST EVENT")]
    for name, services in answers:
        for one in services:
            last = one.events.events[-1] if one.events.events else None
            stamp = last.ts.ToDatetime(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if last else ""
            rows.append((name, one.id, one.state, health(one), stamp, last.msg if last else ""))
    print_table(rows)


def show_one(answers: "Sequence[tuple[str, Sequence[pb.ServiceInfo]]]", id: str) -> None:
    missing = False
    for name, services in answers:
        found = [one for one in services if one.id == id]
        missing = missing or not found
        if not found:
            click.echo(f"error: {name}: service {id!r} is not registered", err=True)
        for one in found:
            print(
                f"NODE     {name}\nID       {one.id}\nSTATE    {one.state}\nHEALTH   {health(one)}"
            )
            if one.health.last_message:
                print(f"LAST HEALTH MESSAGE   {one.health.last_message}")
            print("EVENTS")
            for event in one.events.events:
                stamp = event.ts.ToDatetime(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                print(f"  [{event.state}] {event.msg} ({stamp})")
    if missing:
        raise click.exceptions.Exit(1)


def health(one: "pb.ServiceInfo") -> str:
    if one.health.unknown:
        return "?"
    return "OK" if one.health.healthy else "Fail"


def _control(target: Target, id_: str, action: str) -> None:
    async def ask(node: "Node") -> str:
        from ichor.proto.machine import machine_pb2 as pb

        if action == "start":
            started = await node.call(
                "ServiceStart", pb.ServiceStartRequest(id=id_), pb.ServiceStartResponse
            )
            return started.messages[0].resp
        if action == "stop":
            stopped = await node.call(
                "ServiceStop", pb.ServiceStopRequest(id=id_), pb.ServiceStopResponse
            )
            return stopped.messages[0].resp
        restarted = await node.call(
            "ServiceRestart", pb.ServiceRestartRequest(id=id_), pb.ServiceRestartResponse
        )
        return restarted.messages[0].resp

    target.each(
        ask,
        lambda answers: print_table([("NODE", "RESPONSE"), *((n, text) for n, text in answers)]),
    )
