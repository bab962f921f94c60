"""Who is at the other end of machined's socket decides, not what they say."""

from collections.abc import Mapping

import pytest

from ichor.api.authorize import daemon_of, roles_of
from ichor.pki.roles import Role
from ichor.ports.service import Service, State
from ichor.resources.runtime.service_spec import Daemon, ServiceSpec
from ichor.rpc.peer import TcpPeer, UnixPeer


def running(**pids: int) -> Mapping[str, Service]:
    return {
        id: Service(
            spec=ServiceSpec(id=id, program=Daemon(entry="x:main")), state=State.RUNNING, pid=pid
        )
        for id, pid in pids.items()
    }


SERVICES = running(apid=55, dashboard=56, trustd=57, kubelet=60)


def test_the_daemon_that_we_started_is_known() -> None:
    assert daemon_of(UnixPeer(pid=55, uid=50, gid=50), SERVICES) == "apid"
    assert daemon_of(UnixPeer(pid=56, uid=50, gid=50), SERVICES) == "dashboard"
    assert daemon_of(UnixPeer(pid=57, uid=51, gid=51), SERVICES) == "trustd"


@pytest.mark.parametrize(
    "peer",
    [
        pytest.param(UnixPeer(pid=700, uid=50, gid=50), id="a pod that runs as the user of apid"),
        pytest.param(UnixPeer(pid=0, uid=50, gid=50), id="a process we cannot see"),
        pytest.param(UnixPeer(pid=57, uid=50, gid=50), id="the pid of another daemon"),
        pytest.param(UnixPeer(pid=55, uid=0, gid=0), id="root"),
        pytest.param(UnixPeer(pid=60, uid=65534, gid=65534), id="nobody"),
        pytest.param(TcpPeer("127.0.0.1", 50), id="no unix socket"),
    ],
)
def test_nobody_else_is(peer: UnixPeer | TcpPeer) -> None:
    assert daemon_of(peer, SERVICES) == ""


def test_a_daemon_at_rest_is_not_there() -> None:
    assert daemon_of(UnixPeer(pid=0, uid=50, gid=50), running(apid=0)) == ""


def test_a_screen_reads_and_writes_meta_whatever_it_states() -> None:
    stated = frozenset({Role.ADMIN, Role.READER})
    assert roles_of("dashboard", stated) == {Role.READER}
    assert roles_of("dashboard", frozenset({Role.META_WRITER})) == {Role.META_WRITER}
    assert roles_of("dashboard", frozenset()) == frozenset()
    assert roles_of("apid", stated) == stated
    assert roles_of("", stated) == frozenset()
