import asyncio
import socket
from pathlib import Path

import pytest
from tests.api.serving import serving

from ichor.api.machine.aside import Aside
from ichor.api.machine.netstat import NetstatService, passes, record, wanted
from ichor.formats.procnet import End, Socket
from ichor.linux.sockets import HOST, PROTOCOLS, Found, Holder
from ichor.proto.machine import machine_pb2 as pb

REQUEST = pb.NetstatRequest


def found(remote: End, state: int = 1) -> Found:
    seen = Socket(End("10.5.0.2", 80), remote, state, 1, 2, 2, 300, 3, 60, 4, 99, 1, 0xAB)
    return Found("tcp", "cni-1", seen, Holder(7, "kubelet"))


def test_nothing_asked_for_means_all_protocols_of_the_node() -> None:
    asked = wanted(REQUEST())
    assert (tuple(asked.protocols), asked.names, asked.programs) == (PROTOCOLS, {HOST}, False)


def test_what_is_asked_for_is_looked_at() -> None:
    request = REQUEST(
        l4proto=REQUEST.L4proto(udp6=True, tcp=True, raw=False),
        netns=REQUEST.NetNS(netns=["cni-1"]),
        feature=REQUEST.Feature(pid=True),
    )
    asked = wanted(request)
    assert (tuple(asked.protocols), asked.names, asked.programs) == (
        ("tcp", "udp6"),
        {"cni-1"},
        True,
    )
    both = REQUEST(netns=REQUEST.NetNS(netns=["cni-1"], hostnetwork=True))
    assert wanted(both).names == {"cni-1", HOST}
    assert wanted(REQUEST(netns=REQUEST.NetNS(allnetns=True))).names is None


@pytest.mark.parametrize(
    ("remote", "is_connected"),
    [(End("10.5.0.3", 443), True), (End("0.0.0.0", 0), False), (End("::", 0), False)],
)
def test_a_socket_with_a_peer_is_connected(remote: End, *, is_connected: bool) -> None:
    one = found(remote)
    assert passes(REQUEST.CONNECTED, one) is is_connected
    assert passes(REQUEST.LISTENING, one) is not is_connected
    assert passes(REQUEST.ALL, one)


def test_all_that_the_kernel_tells_is_told() -> None:
    assert record(found(End("10.5.0.3", 443))) == pb.ConnectRecord(
        l4proto="tcp",
        localip="10.5.0.2",
        localport=80,
        remoteip="10.5.0.3",
        remoteport=443,
        state=pb.ConnectRecord.ESTABLISHED,
        txqueue=1,
        rxqueue=2,
        tr=pb.ConnectRecord.KEEPALIVE,
        timerwhen=300,
        retrnsmt=3,
        uid=60,
        timeout=4,
        inode=99,
        ref=1,
        pointer=0xAB,
        process=pb.ConnectRecord.Process(pid=7, name="kubelet"),
        netns="cni-1",
    )


def test_a_state_that_the_interface_has_no_word_for_is_the_one_it_is_of() -> None:
    assert record(found(End("10.5.0.3", 443), 12)).state == pb.ConnectRecord.SYN_RECV


def test_a_socket_of_this_process_arrives_at_the_client(tmp_path: Path) -> None:
    async def run(port: int) -> list[pb.ConnectRecord]:
        async with serving(tmp_path, NetstatService(Aside()).handlers()) as node:
            request = REQUEST(filter=REQUEST.LISTENING, l4proto=REQUEST.L4proto(tcp=True))
            answer = await node.call("Netstat", request, pb.NetstatResponse)
            return [one for one in answer.messages[0].connectrecord if one.localport == port]

    with socket.create_server(("127.0.0.1", 0)) as server:
        (one,) = asyncio.run(run(server.getsockname()[1]))
    assert one.state == pb.ConnectRecord.LISTEN
