"""etcd's members, health and data, through this node's own member with its admin certificate.

query_local and the fan-out belong to the caller: one call is about one member.
"""

from collections.abc import AsyncIterator, Mapping

from google.protobuf.empty_pb2 import Empty

from ichor.api.machine.table import streaming, unary
from ichor.errors import Conflict, NotFound
from ichor.peers.etcd_local import Connect
from ichor.ports.etcd import Alarm, Member, Status
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler

CHUNK = 32 * 1024
_ALARM = pb.EtcdMemberAlarm


class EtcdService:
    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **unary(
                "EtcdMemberList", pb.EtcdMemberListRequest, pb.EtcdMemberListResponse, self.members
            ),
            **unary(
                "EtcdRemoveMemberByID",
                pb.EtcdRemoveMemberByIDRequest,
                pb.EtcdRemoveMemberByIDResponse,
                self.remove,
            ),
            **unary(
                "EtcdForfeitLeadership",
                pb.EtcdForfeitLeadershipRequest,
                pb.EtcdForfeitLeadershipResponse,
                self.forfeit,
            ),
            **unary("EtcdStatus", Empty, pb.EtcdStatusResponse, self.status),
            **unary("EtcdAlarmList", Empty, pb.EtcdAlarmListResponse, self.alarms),
            **unary("EtcdAlarmDisarm", Empty, pb.EtcdAlarmDisarmResponse, self.disarm),
            **unary("EtcdDefragment", Empty, pb.EtcdDefragmentResponse, self.defragment),
            **streaming("EtcdSnapshot", pb.EtcdSnapshotRequest, common_pb2.Data, self.snapshot),
        }

    async def members(
        self, request: pb.EtcdMemberListRequest, context: Context
    ) -> pb.EtcdMemberListResponse:
        async with self._connect() as etcd:
            found = [member(one) for one in await etcd.members()]
        names = [one.hostname for one in found]
        message = pb.EtcdMembers(legacy_members=names, members=found)
        return pb.EtcdMemberListResponse(messages=[message])

    async def remove(
        self, request: pb.EtcdRemoveMemberByIDRequest, context: Context
    ) -> pb.EtcdRemoveMemberByIDResponse:
        async with self._connect() as etcd:
            if request.member_id not in {one.id for one in await etcd.members()}:
                raise NotFound(f"no member {request.member_id:016x}")
            await etcd.remove(request.member_id)
        return pb.EtcdRemoveMemberByIDResponse(messages=[pb.EtcdRemoveMemberByID()])

    async def forfeit(
        self, request: pb.EtcdForfeitLeadershipRequest, context: Context
    ) -> pb.EtcdForfeitLeadershipResponse:
        """Hand leadership on if it is here; the reply names who got it."""
        async with self._connect() as etcd:
            status = await etcd.status()
            message = pb.EtcdForfeitLeadership()
            if status.leader == status.member_id:
                others = [
                    one
                    for one in await etcd.members()
                    if one.id != status.member_id and not one.is_learner
                ]
                if not others:
                    raise Conflict("there is no other member to lead")
                await etcd.move_leader(others[0].id)
                message.member = others[0].name
        return pb.EtcdForfeitLeadershipResponse(messages=[message])

    async def status(self, request: Empty, context: Context) -> pb.EtcdStatusResponse:
        async with self._connect() as etcd:
            message = pb.EtcdStatus(member_status=member_status(await etcd.status()))
        return pb.EtcdStatusResponse(messages=[message])

    async def alarms(self, request: Empty, context: Context) -> pb.EtcdAlarmListResponse:
        async with self._connect() as etcd:
            found = [alarm(one) for one in await etcd.alarms()]
        return pb.EtcdAlarmListResponse(messages=[pb.EtcdAlarm(member_alarms=found)])

    async def disarm(self, request: Empty, context: Context) -> pb.EtcdAlarmDisarmResponse:
        async with self._connect() as etcd:
            raised = await etcd.alarms()
            for one in raised:
                await etcd.disarm(one)
        message = pb.EtcdAlarmDisarm(member_alarms=[alarm(one) for one in raised])
        return pb.EtcdAlarmDisarmResponse(messages=[message])

    async def defragment(self, request: Empty, context: Context) -> pb.EtcdDefragmentResponse:
        async with self._connect() as etcd:
            await etcd.defragment()
        return pb.EtcdDefragmentResponse(messages=[pb.EtcdDefragment()])

    async def snapshot(
        self, request: pb.EtcdSnapshotRequest, context: Context
    ) -> AsyncIterator[common_pb2.Data]:
        async with self._connect() as etcd:
            async for blob in etcd.snapshot():
                for begin in range(0, len(blob), CHUNK):
                    yield common_pb2.Data(bytes=blob[begin : begin + CHUNK])


def member(one: Member) -> pb.EtcdMember:
    return pb.EtcdMember(
        id=one.id,
        hostname=one.name,
        peer_urls=one.peer_urls,
        client_urls=one.client_urls,
        is_learner=one.is_learner,
    )


def member_status(status: Status) -> pb.EtcdMemberStatus:
    return pb.EtcdMemberStatus(
        storage_version=status.storage_version,
        member_id=status.member_id,
        protocol_version=status.version,
        db_size=status.db_size,
        db_size_in_use=status.db_size_in_use,
        leader=status.leader,
        raft_index=status.raft_index,
        raft_term=status.raft_term,
        raft_applied_index=status.raft_applied_index,
        errors=status.errors,
        is_learner=status.is_learner,
    )


def alarm(one: Alarm) -> pb.EtcdMemberAlarm:
    kind = one.kind if one.kind in _ALARM.AlarmType.keys() else "NONE"  # noqa: SIM118 - no dict
    return _ALARM(member_id=one.member_id, alarm=kind)
