"""Netstat: sockets of the node and of its pods, filtered as asked.

Nothing asked for means: all protocols; the node's own namespace.
"""

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from ichor.api.machine.aside import Aside
from ichor.api.machine.table import unary
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler

if TYPE_CHECKING:
    from ichor.linux.sockets import Found, Wanted

_BATCH: Final = 256
# include/net/tcp_states.h; the interface has no word for the kernel's NEW_SYN_RECV.
_NEW_SYN_RECV: Final = 12


class NetstatService:
    def __init__(self, aside: Aside) -> None:
        self._aside = aside

    def handlers(self) -> Mapping[str, Handler]:
        return unary("Netstat", pb.NetstatRequest, pb.NetstatResponse, self.netstat)

    async def netstat(self, request: pb.NetstatRequest, context: Context) -> pb.NetstatResponse:
        from ichor.linux.sockets import sockets  # which most nodes do without

        asked = wanted(request)
        found = [
            record(one)
            async for one in self._aside.each(lambda: sockets(asked), _BATCH)
            if passes(request.filter, one)
        ]
        return pb.NetstatResponse(messages=[pb.Netstat(connectrecord=found)])


def wanted(request: pb.NetstatRequest) -> "Wanted":
    from ichor.linux.sockets import HOST, PROTOCOLS, Wanted

    named = {field.name for field, value in request.l4proto.ListFields() if value}
    protocols = [one for one in PROTOCOLS if one in named] or PROTOCOLS
    spaces = request.netns
    names: Collection[str] | None = {*spaces.netns, *((HOST,) if spaces.hostnetwork else ())}
    if spaces.allnetns:
        names = None
    return Wanted(protocols, {HOST} if names == set() else names, request.feature.pid)


def passes(asked: pb.NetstatRequest.Filter, one: "Found") -> bool:
    """A socket is connected if it has a peer; what has none waits for one."""
    remote = one.socket.remote
    has_peer = remote.port != 0 or not ip_address(remote.host).is_unspecified
    match asked:
        case pb.NetstatRequest.CONNECTED:
            return has_peer
        case pb.NetstatRequest.LISTENING:
            return not has_peer
        case _:
            return True


def record(one: "Found") -> pb.ConnectRecord:
    seen, holder = one.socket, one.holder
    state = pb.ConnectRecord.SYN_RECV if seen.state == _NEW_SYN_RECV else seen.state
    return pb.ConnectRecord(
        l4proto=one.protocol,
        localip=seen.local.host,
        localport=seen.local.port,
        remoteip=seen.remote.host,
        remoteport=seen.remote.port,
        state=pb.ConnectRecord.State.Name(state),
        txqueue=seen.tx_queue,
        rxqueue=seen.rx_queue,
        tr=pb.ConnectRecord.TimerActive.Name(seen.timer),
        timerwhen=seen.timer_when,
        retrnsmt=seen.retransmits,
        uid=seen.uid,
        timeout=seen.timeout,
        inode=seen.inode,
        ref=seen.references,
        pointer=seen.pointer,
        process=pb.ConnectRecord.Process(pid=holder.pid, name=holder.name) if holder else None,
        netns=one.namespace,
    )
