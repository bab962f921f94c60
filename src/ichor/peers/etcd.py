"""etcd's members and keys: the adapter of `ports.etcd.Etcd`.

One instance speaks through one channel, which may have several endpoints; what concerns one member
(status, defragment, snapshot, move leader) wants a channel with one. etcd says most refusals as
FAILED_PRECONDITION or UNAVAILABLE with a text; the few texts that change what to do are below.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

from ichor.errors import IchorError, TransientError
from ichor.peers.calling import Caller, translated
from ichor.ports.etcd import Alarm, KeyValue, Member, Status
from ichor.proto.etcd import lock_pb2, rpc_pb2
from ichor.rpc.client import Channel
from ichor.rpc.method import Method
from ichor.rpc.status import RpcError

_SLOW_S = 300.0  # defragmentation and compaction of a database of many GB
_TRUSTED: Final = 0.8  # of a lease: the rest is for letting go of what it guards

_CLUSTER = "/etcdserverpb.Cluster/"
_MEMBERS = Method(f"{_CLUSTER}MemberList", rpc_pb2.MemberListRequest, rpc_pb2.MemberListResponse)
_ADD = Method(f"{_CLUSTER}MemberAdd", rpc_pb2.MemberAddRequest, rpc_pb2.MemberAddResponse)
_REMOVE = Method(
    f"{_CLUSTER}MemberRemove", rpc_pb2.MemberRemoveRequest, rpc_pb2.MemberRemoveResponse
)
_PROMOTE = Method(
    f"{_CLUSTER}MemberPromote", rpc_pb2.MemberPromoteRequest, rpc_pb2.MemberPromoteResponse
)
_MAINTENANCE = "/etcdserverpb.Maintenance/"
_STATUS = Method(f"{_MAINTENANCE}Status", rpc_pb2.StatusRequest, rpc_pb2.StatusResponse)
_ALARM = Method(f"{_MAINTENANCE}Alarm", rpc_pb2.AlarmRequest, rpc_pb2.AlarmResponse)
_MOVE = Method(f"{_MAINTENANCE}MoveLeader", rpc_pb2.MoveLeaderRequest, rpc_pb2.MoveLeaderResponse)
_DEFRAGMENT = Method(
    f"{_MAINTENANCE}Defragment", rpc_pb2.DefragmentRequest, rpc_pb2.DefragmentResponse
)
_SNAPSHOT = Method(
    f"{_MAINTENANCE}Snapshot",
    rpc_pb2.SnapshotRequest,
    rpc_pb2.SnapshotResponse,
    server_streaming=True,
)
_RANGE = Method("/etcdserverpb.KV/Range", rpc_pb2.RangeRequest, rpc_pb2.RangeResponse)
_PUT = Method("/etcdserverpb.KV/Put", rpc_pb2.PutRequest, rpc_pb2.PutResponse)
_TXN = Method("/etcdserverpb.KV/Txn", rpc_pb2.TxnRequest, rpc_pb2.TxnResponse)
_GRANT = Method(
    "/etcdserverpb.Lease/LeaseGrant", rpc_pb2.LeaseGrantRequest, rpc_pb2.LeaseGrantResponse
)
_REVOKE = Method(
    "/etcdserverpb.Lease/LeaseRevoke", rpc_pb2.LeaseRevokeRequest, rpc_pb2.LeaseRevokeResponse
)
_KEEP = Method(
    "/etcdserverpb.Lease/LeaseKeepAlive",
    rpc_pb2.LeaseKeepAliveRequest,
    rpc_pb2.LeaseKeepAliveResponse,
    client_streaming=True,
    server_streaming=True,
)
_LOCK = Method("/v3lockpb.Lock/Lock", lock_pb2.LockRequest, lock_pb2.LockResponse)
_UNLOCK = Method("/v3lockpb.Lock/Unlock", lock_pb2.UnlockRequest, lock_pb2.UnlockResponse)

# What etcd calls FAILED_PRECONDITION but time cures (server/etcdserver/api/v3rpc/rpctypes).
_CURED_BY_TIME = ("in sync with leader", "too many learner", "re-configuration failed", "unhealthy")


class EtcdClient:
    def __init__(self, channel: Channel, *, timeout_s: float = 15) -> None:
        self._caller = Caller(channel, timeout_s=timeout_s)

    async def members(self) -> tuple[Member, ...]:
        # Linearizable, so that a step is decided on what the cluster agrees on.
        request = rpc_pb2.MemberListRequest(linearizable=True)
        reply = await self._caller.call(_MEMBERS, request)
        return tuple(map(_member, reply.members))

    async def add_learner(self, peer_urls: tuple[str, ...]) -> Member:
        request = rpc_pb2.MemberAddRequest(peerURLs=peer_urls, isLearner=True)
        # etcd makes a member's id of its URLs and the second: one that was removed within this
        # second gives the same id again, and the refusal reads as if it were not there.
        with _patient(cured="member not found"):
            return _member((await self._caller.call(_ADD, request)).member)

    async def promote(self, member_id: int) -> None:
        with suppress(_Done), _patient(done="can only promote a learner"):
            await self._caller.call(_PROMOTE, rpc_pb2.MemberPromoteRequest(ID=member_id))

    async def remove(self, member_id: int) -> None:
        with suppress(_Done), _patient(done="member not found"):
            await self._caller.call(_REMOVE, rpc_pb2.MemberRemoveRequest(ID=member_id))

    async def move_leader(self, member_id: int) -> None:
        with _patient():
            await self._caller.call(_MOVE, rpc_pb2.MoveLeaderRequest(targetID=member_id))

    async def status(self) -> Status:
        return _status(await self._caller.call(_STATUS, rpc_pb2.StatusRequest()))

    async def alarms(self) -> tuple[Alarm, ...]:
        request = rpc_pb2.AlarmRequest(action=rpc_pb2.AlarmRequest.GET)
        reply = await self._caller.call(_ALARM, request)
        return tuple(Alarm(one.memberID, rpc_pb2.AlarmType.Name(one.alarm)) for one in reply.alarms)

    async def disarm(self, alarm: Alarm) -> None:
        request = rpc_pb2.AlarmRequest(
            action=rpc_pb2.AlarmRequest.DEACTIVATE,
            memberID=alarm.member_id,
            alarm=alarm.kind,
        )
        await self._caller.call(_ALARM, request)

    async def defragment(self) -> None:
        await self._caller.call(_DEFRAGMENT, rpc_pb2.DefragmentRequest(), timeout_s=_SLOW_S)

    async def snapshot(self) -> AsyncIterator[bytes]:
        with translated(_SNAPSHOT.path):
            async with self._caller.stream(_SNAPSHOT) as stream:
                await stream.send(rpc_pb2.SnapshotRequest())
                await stream.done()
                async for piece in stream:
                    yield piece.blob

    async def get(self, key: bytes, *, serializable: bool = False) -> KeyValue | None:
        request = rpc_pb2.RangeRequest(key=key, serializable=serializable)
        found = (await self._caller.call(_RANGE, request)).kvs
        return KeyValue(found[0].key, found[0].value, found[0].mod_revision) if found else None

    async def put(self, key: bytes, value: bytes) -> int:
        reply = await self._caller.call(_PUT, rpc_pb2.PutRequest(key=key, value=value))
        return reply.header.revision

    async def put_if(self, key: bytes, value: bytes, *, mod_revision: int) -> bool:
        same = rpc_pb2.Compare(
            key=key,
            target=rpc_pb2.Compare.MOD,
            result=rpc_pb2.Compare.EQUAL,
            mod_revision=mod_revision,
        )
        write = rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=key, value=value))
        request = rpc_pb2.TxnRequest(compare=[same], success=[write])
        return (await self._caller.call(_TXN, request)).succeeded

    @asynccontextmanager
    async def lock(self, name: bytes, *, ttl_s: int = 30) -> AsyncGenerator[bytes, None]:
        asked = asyncio.get_running_loop().time()
        lease = (await self._caller.call(_GRANT, rpc_pb2.LeaseGrantRequest(TTL=ttl_s))).ID
        keeping = asyncio.create_task(self._keep(lease, ttl_s, asked))
        try:
            request = lock_pb2.LockRequest(name=name, lease=lease)
            # Whoever holds it may take long; losing our lease meanwhile ends the wait.
            key = (await self._caller.call(_LOCK, request, forever=True)).key
            async with _ended_by(keeping):
                yield key
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            with suppress(IchorError):  # it runs out by itself
                await self._caller.call(_REVOKE, rpc_pb2.LeaseRevokeRequest(ID=lease))

    async def _keep(self, lease: int, ttl_s: float, renewed: float) -> None:
        """Keep a lease alive. Raises TransientError when it is lost, or may be.

        A member that is cut off from the others does not answer, while they let the lease run out:
        it is asked every third of the lease. Nobody can tell when within a call etcd renewed it, so
        it is counted from when the last request with an answer was sent (renewed: the first).
        """
        loop = asyncio.get_running_loop()
        try:
            with translated(_KEEP.path):
                async with (
                    asyncio.timeout_at(renewed + ttl_s * _TRUSTED) as end,
                    self._caller.stream(_KEEP) as stream,
                ):
                    while True:
                        sent = loop.time()
                        await stream.send(rpc_pb2.LeaseKeepAliveRequest(ID=lease))
                        reply = await stream.receive()
                        if reply is None or reply.TTL <= 0:
                            raise TransientError("the lease has run out")
                        end.reschedule(sent + ttl_s * _TRUSTED)
                        await asyncio.sleep(sent + ttl_s / 3 - loop.time())
        except TimeoutError:
            raise TransientError("no answer before the lease runs out") from None


@asynccontextmanager
async def _ended_by(keeping: "asyncio.Task[None]") -> AsyncGenerator[None, None]:
    """Cancel the body when the lease is lost: it must not go on without the lock."""
    body = asyncio.current_task()
    lost = False

    def end(task: "asyncio.Task[None]") -> None:
        nonlocal lost
        if not task.cancelled() and body is not None:
            lost = True
            body.cancel()

    keeping.add_done_callback(end)
    try:
        yield
    except asyncio.CancelledError as err:
        if not lost or body is None or body.uncancel() > 0:
            raise
        raise TransientError("the lock was lost") from err
    finally:
        keeping.remove_done_callback(end)


class _Done(Exception):  # noqa: N818 - an outcome, never leaves this file
    """What was asked for is so already."""


@contextmanager
def _patient(*, done: str = "", cured: str = "") -> Generator[None, None, None]:
    """Tell done already (_Done) and what time cures (TransientError) from real refusals."""
    try:
        yield
    except IchorError as err:
        cause = err.__cause__
        message = cause.message if isinstance(cause, RpcError) else ""
        # First: etcd's «can only promote a learner member» begins its «... in sync with leader».
        if any(text in message for text in (*_CURED_BY_TIME, cured) if text):
            raise TransientError(str(err)) from cause
        if done and done in message:
            raise _Done from err
        raise


def _member(member: rpc_pb2.Member) -> Member:
    return Member(
        id=member.ID,
        name=member.name,
        peer_urls=tuple(member.peerURLs),
        client_urls=tuple(member.clientURLs),
        is_learner=member.isLearner,
    )


def _status(reply: rpc_pb2.StatusResponse) -> Status:
    return Status(
        member_id=reply.header.member_id,
        version=reply.version,
        storage_version=reply.storageVersion,
        db_size=reply.dbSize,
        db_size_in_use=reply.dbSizeInUse,
        leader=reply.leader,
        raft_index=reply.raftIndex,
        raft_term=reply.raftTerm,
        raft_applied_index=reply.raftAppliedIndex,
        is_learner=reply.isLearner,
        errors=tuple(reply.errors),
    )
