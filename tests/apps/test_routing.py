import pytest

from ichor.apps.apid.gateway import check_host
from ichor.apps.apid.routing import Everywhere, Here, Target, There, target, to_machined, to_node
from ichor.rpc.metadata import Metadata
from ichor.rpc.status import Code, Pair, RpcError

OWN = frozenset({"10.5.0.2", "127.0.0.1"})
VERSION = "/machine.MachineService/Version"
LOGS = "/machine.MachineService/Logs"


def way(path: str, *pairs: Pair, can_route: bool = True) -> Target:
    return target(path, Metadata(pairs), OWN, can_route=can_route)


@pytest.mark.parametrize(
    ("path", "pairs", "expected"),
    [
        pytest.param(VERSION, (), Here(), id="plain"),
        pytest.param(VERSION, (("node", "10.5.0.3"),), There("10.5.0.3"), id="one"),
        pytest.param(VERSION, (("node", "10.5.0.2"),), Here(), id="ourselves"),
        pytest.param(
            VERSION, (("node", "10.5.0.3"), ("proxyfrom", "a")), Here(), id="sent-on-already"
        ),
        pytest.param(
            VERSION, (("nodes", "a"), ("nodes", "b")), Everywhere(("a", "b"), False), id="many"
        ),
        pytest.param(LOGS, (("nodes", "a"),), Everywhere(("a",), True), id="many-streams"),
    ],
)
def test_a_call_goes(path: str, pairs: tuple[Pair, ...], expected: Target) -> None:
    assert way(path, *pairs) == expected


def test_node_is_single_valued() -> None:
    with pytest.raises(RpcError) as refused:
        way(VERSION, ("node", "a"), ("node", "b"))
    assert refused.value.code is Code.INVALID_ARGUMENT


def test_what_cannot_be_joined_is_not_spread() -> None:
    with pytest.raises(RpcError, match="one-2-many proxying is not supported for method"):
        way("/cosi.resource.State/Get", ("nodes", "a"))


def test_in_maintenance_mode_every_call_stays_here() -> None:
    assert way(VERSION, ("node", "10.5.0.9"), can_route=False) == Here()


def test_machined_hears_our_word_on_roles_and_nothing_on_routes() -> None:
    stated = Metadata([("talos-role", "os:admin"), ("node", "x"), ("nodes", "y"), ("k", "v")])
    assert list(to_machined(stated, {"os:reader"})) == [("k", "v"), ("talos-role", "os:reader")]


def test_another_node_hears_from_where_a_call_was_sent_on() -> None:
    assert ("proxyfrom", "10.5.0.2:50000") in to_node(Metadata(()), {"os:reader"}, "10.5.0.2:50000")


@pytest.mark.parametrize("name", ["10.0.0.2", "fe80::1%eth0", "2001:db8::1", "node-1.example.org"])
def test_a_host_is_dialled(name: str) -> None:
    check_host(name)


@pytest.mark.parametrize("name", ["", "a b", "../x", "10.0.0.1:22", "http://x", "x" * 254, "ä"])
def test_what_is_no_host_is_not_dialled(name: str) -> None:
    with pytest.raises(RpcError) as caught:
        check_host(name)
    assert caught.value.code is Code.INVALID_ARGUMENT
