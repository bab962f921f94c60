"""`ichor etcd`: members, status, alarms, data of etcd."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_machines
from ichor.cli.table import print_table, size
from ichor.errors import InputError

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb


@click.group()
def etcd() -> None:
    """Look after etcd."""


@etcd.command()
@calls_machines
def members(target: Target) -> None:
    """List the members, as each node's own tells them."""
    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> "pb.EtcdMemberListResponse":
        request = pb.EtcdMemberListRequest(query_local=True)
        return await node.call("EtcdMemberList", request, pb.EtcdMemberListResponse, timeout_s=30)

    target.each(ask, show_members)


def show_members(answers: "Sequence[tuple[str, pb.EtcdMemberListResponse]]") -> None:
    rows = [("NODE", "ID", "HOSTNAME", "PEER URLS", "CLIENT URLS", "LEARNER")]
    for name, answer in answers:
        for one in (found for message in answer.messages for found in message.members):
            urls = (",".join(one.peer_urls), ",".join(one.client_urls))
            learner = str(one.is_learner).lower()
            rows.append((name, f"{one.id:016x}", one.hostname, *urls, learner))
    print_table(rows)


@etcd.command()
@calls_machines
def status(target: Target) -> None:
    """Show how members are."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> "pb.EtcdStatusResponse":
        return await node.call("EtcdStatus", Empty(), pb.EtcdStatusResponse, timeout_s=30)

    target.each(ask, show_status)


def show_status(answers: "Sequence[tuple[str, pb.EtcdStatusResponse]]") -> None:
    heading = ("NODE", "MEMBER", "DB SIZE", "IN USE", "LEADER", "RAFT INDEX", "RAFT TERM")
    rows: list[tuple[str, ...]] = [(*heading, "APPLIED", "LEARNER", "PROTOCOL", "ERRORS")]
    for name, answer in answers:
        for message in answer.messages:
            one = message.member_status
            share = 100 * one.db_size_in_use / one.db_size if one.db_size else 0
            rows.append(
                (
                    name,
                    f"{one.member_id:016x}",
                    size(one.db_size),
                    f"{size(one.db_size_in_use)} ({share:.2f}%)",
                    f"{one.leader:016x}",
                    str(one.raft_index),
                    str(one.raft_term),
                    str(one.raft_applied_index),
                    str(one.is_learner).lower(),
                    one.protocol_version,
                    ", ".join(one.errors),
                )
            )
    print_table(rows)


@etcd.group()
def alarm() -> None:
    """Alarms of members."""


@alarm.command(name="list")
@calls_machines
def alarm_list(target: Target) -> None:
    """List alarms."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> "Sequence[pb.EtcdMemberAlarm]":
        answer = await node.call("EtcdAlarmList", Empty(), pb.EtcdAlarmListResponse, timeout_s=30)
        return [one for message in answer.messages for one in message.member_alarms]

    target.each(ask, show_alarms)


@alarm.command()
@calls_machines
def disarm(target: Target) -> None:
    """Clear alarms; the cause must be gone."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> "Sequence[pb.EtcdMemberAlarm]":
        reply = pb.EtcdAlarmDisarmResponse
        answer = await node.call("EtcdAlarmDisarm", Empty(), reply, timeout_s=30)
        return [one for message in answer.messages for one in message.member_alarms]

    target.each(ask, show_alarms)


def show_alarms(answers: "Sequence[tuple[str, Sequence[pb.EtcdMemberAlarm]]]") -> None:
    from ichor.proto.machine import machine_pb2 as pb

    rows = [("NODE", "MEMBER", "ALARM")]
    for name, alarms in answers:
        for one in alarms:
            kind = pb.EtcdMemberAlarm.AlarmType.Name(one.alarm)
            rows.append((name, f"{one.member_id:016x}", kind))
    print_table(rows)


@etcd.command()
@calls_machines
def defrag(target: Target) -> None:
    """Defragment a member's data; it answers nobody meanwhile."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> None:
        await node.call("EtcdDefragment", Empty(), pb.EtcdDefragmentResponse, timeout_s=600)

    target.one(ask)


@etcd.command()
@calls_machines
def leave(target: Target) -> None:
    """Have the member of a node leave; the node joins anew when it boots."""
    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> None:
        request = pb.EtcdLeaveClusterRequest()
        await node.call("EtcdLeaveCluster", request, pb.EtcdLeaveClusterResponse, timeout_s=300)

    target.one(ask)


@etcd.command(name="forfeit-leadership")
@calls_machines
def forfeit(target: Target) -> None:
    """Have a member hand leadership on."""
    from ichor.proto.machine import machine_pb2 as pb

    async def ask(node: "Node") -> str:
        request = pb.EtcdForfeitLeadershipRequest()
        reply = pb.EtcdForfeitLeadershipResponse
        answer = await node.call("EtcdForfeitLeadership", request, reply, timeout_s=30)
        return answer.messages[0].member

    leader = target.one(ask)
    print(f"{leader} leads now" if leader else "it did not lead")


@etcd.command(name="remove-member")
@click.argument("member")
@calls_machines
def remove_member(target: Target, member: str) -> None:
    """Remove a MEMBER by its id, as `etcd members` shows it."""
    from ichor.proto.machine import machine_pb2 as pb

    try:
        request = pb.EtcdRemoveMemberByIDRequest(member_id=int(member, 16))
    except ValueError:
        raise InputError(f"{member!r} is no id", hint="ichor etcd members") from None

    async def ask(node: "Node") -> None:
        reply = pb.EtcdRemoveMemberByIDResponse
        await node.call("EtcdRemoveMemberByID", request, reply, timeout_s=30)

    target.one(ask)


@etcd.command()
@click.argument("path", type=click.Path(path_type=Path))
@calls_machines
def snapshot(target: Target, path: Path) -> None:
    """Save a snapshot into the file PATH, whole or not at all."""
    from ichor.proto.common import common_pb2
    from ichor.proto.machine import machine_pb2 as pb

    async def fetch(node: "Node") -> int:
        part = path.with_name(path.name + ".part")
        count = 0
        try:
            with part.open("wb") as file:
                request = pb.EtcdSnapshotRequest()
                async for piece in node.stream("EtcdSnapshot", request, common_pb2.Data):
                    count += file.write(piece.bytes)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return count

    print(f"{path}: {size(target.one(fetch))}")
