"""A socket of a link that is no more says so, also where another has its name."""

import pytest
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.linux.dhcp import open_socket, send
from ichor.linux.network import KernelNetwork
from ichor.ports.network import CreateLink, DeleteLink, SetLink, Veth
from ichor.protocols.dhcp.packet import SERVER_PORT

pytestmark = pytest.mark.root


def make() -> None:
    port = KernelNetwork()
    port.apply(CreateLink(name="a0", kind=Veth(peer="a1")))
    for name in ("a0", "a1"):
        port.apply(SetLink(name=name, up=True))


def scenario() -> None:
    make()
    with open_socket("a0") as stale:
        send(stale, b"before", ("255.255.255.255", SERVER_PORT))
        KernelNetwork().apply(DeleteLink(name="a0"))
        make()
        with pytest.raises(OSError, match="No such device"):
            send(stale, b"after", ("255.255.255.255", SERVER_PORT))
        with open_socket("a0") as new:
            send(new, b"again", ("255.255.255.255", SERVER_PORT))


def test_a_socket_of_a_link_that_is_gone_says_so() -> None:
    fresh(scenario, *ALONE)
