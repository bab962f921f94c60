import pytest

from ichor.cli.netstat import Answer, Shown, protocols, show, states
from ichor.proto.machine import machine_pb2 as pb

RECORD = pb.ConnectRecord(
    l4proto="tcp6",
    localip="fd00::2",
    localport=6443,
    remoteip="::",
    state=pb.ConnectRecord.LISTEN,
    tr=pb.ConnectRecord.KEEPALIVE,
    timerwhen=250,
    uid=65534,
    inode=42,
    process=pb.ConnectRecord.Process(pid=7, name="kube-apiserver"),
    netns="cni-1",
)
ANSWER = Answer(
    pb.NetstatResponse(messages=[pb.Netstat(connectrecord=[RECORD])]), {"cni-1": "kube-system/dns"}
)


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "names"),
    [
        (False, False, ["tcp", "tcp6"]),
        (True, True, ["tcp", "tcp6"]),
        (True, False, ["tcp"]),
        (False, True, ["tcp6"]),
    ],
)
def test_of_neither_family_both_are_meant(*, ipv4: bool, ipv6: bool, names: list[str]) -> None:
    assert list(protocols(["tcp"], ipv4=ipv4, ipv6=ipv6)) == names


def test_sockets_with_a_peer_are_shown_unless_others_are_asked_for() -> None:
    assert states(every=False, listening=False) == pb.NetstatRequest.CONNECTED
    assert states(every=False, listening=True) == pb.NetstatRequest.LISTENING
    assert states(every=True, listening=True) == pb.NetstatRequest.ALL


def test_what_is_asked_for_is_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    show([("n1", ANSWER)], Shown(extended=True, programs=True, timers=True, pods=True))
    heading, row = (line.split() for line in capsys.readouterr().out.splitlines())
    assert heading[-5:] == ["UID", "INODE", "TIMER", "PROGRAM", "POD"]
    assert row[:7] == ["n1", "tcp6", "0", "0", "[fd00::2]:6443", "[::]:*", "LISTEN"]
    assert row[7:9] == ["65534", "42"]
    assert row[-2:] == ["7/kube-apiserver", "kube-system/dns"]
    show([("n1", ANSWER)], Shown(extended=False, programs=False, timers=False, pods=False))
    assert "kube-apiserver" not in capsys.readouterr().out
