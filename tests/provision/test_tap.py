"""A virtual machine's port of the bridge lives as long as somebody holds it."""

import os
from pathlib import Path

import pytest
from pyroute2 import IPRoute
from tests.provision.clusters import destroyed_after, unique

from ichor.errors import TransientError
from ichor.provision import name as names
from ichor.provision import network, tap
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Machine
from ichor.provision.syscalls import network_namespace

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("state", "bounded")]


def ports(cluster: str) -> set[str]:
    """What is on the cluster's bridge and up."""
    with network_namespace(names.hub(cluster)), IPRoute() as hub:
        bridge = network.index(hub, names.BRIDGE)
        return {link.get("ifname") for link in hub.link("dump", master=bridge) if link["flags"] & 1}


def test_a_port_is_on_the_bridge_until_it_is_closed_and_there_is_one_of_it() -> None:
    name = unique("t")
    request = Request(name=name, root=Path("/none"), workers=0, machine=Machine(image="/none"))
    cluster = plan(request)
    node = cluster.nodes[0]
    with destroyed_after(name):
        network.make_hub(cluster)
        port = names.node_port(node.name)
        assert ports(name) == set()
        fd = tap.open_port(node)
        assert ports(name) == {port}
        with pytest.raises(TransientError, match=node.name):
            tap.open_port(node)
        os.close(fd)
        assert ports(name) == set()
        os.close(tap.open_port(node))
