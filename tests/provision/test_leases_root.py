"""A hub that serves addresses, asked over its bridge by our own client."""

import socket
from contextlib import suppress
from pathlib import Path

import pytest
from tests.provision.clusters import destroyed_after, unique

from ichor.linux.dhcp import open_socket
from ichor.protocols.dhcp.client import Client
from ichor.protocols.dhcp.packet import SERVER_PORT
from ichor.provision import hub, network, record
from ichor.provision import name as names
from ichor.provision.containers import make_network
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Machine
from ichor.provision.syscalls import network_namespace

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("state", "bounded")]


def talk(client: Client, asking: socket.socket) -> None:
    """Until there is a lease; what the bridge dropped while it came up is said again, later."""
    now = 0.0
    while client.lease is None:
        sent = list(client.tick(now))
        while sent:
            asking.sendto(sent.pop(0).data, ("255.255.255.255", SERVER_PORT))
            with suppress(TimeoutError):
                sent += client.receive(asking.recv(4096), now)
        now = client.next_time


def test_a_machine_is_given_its_address_over_the_bridge() -> None:
    name = unique("d")
    machine = Machine(image="/none")
    cluster = plan(Request(name=name, root=Path("/none"), workers=0, machine=machine))
    node = cluster.nodes[0]
    client = Client(bytes.fromhex(names.hardware_address(node.name).replace(":", "")), 0, lambda: 0)
    with destroyed_after(name):
        record.save(cluster)
        make_network(cluster)
        network.make_node(node)  # a link of that hardware address
        with network_namespace(names.namespace(name, node.name)):
            asking = open_socket(names.NODE_LINK)
        with asking:
            asking.settimeout(1)
            talk(client, asking)
        assert hub.is_running(record.cluster_directory(name))
    assert client.lease is not None
    assert client.lease.address == f"{node.address}/24"
