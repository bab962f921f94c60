"""Virtual machines are given the addresses that were planned for them, and nobody else any."""

from pathlib import Path

import pytest

from ichor.protocols.dhcp import packet
from ichor.protocols.dhcp.client import Client
from ichor.protocols.dhcp.packet import Packet
from ichor.provision import leases
from ichor.provision import name as names
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster, Machine


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    wanted = Machine(image=str(tmp_path))
    return plan(Request(name="t", root=tmp_path, workers=1, machine=wanted), lambda port: True)


def mac_of(cluster: Cluster, index: int) -> bytes:
    return bytes.fromhex(names.hardware_address(cluster.nodes[index].name).replace(":", ""))


def asking(cluster: Cluster, kind: int, **options: bytes) -> Packet:
    codes = {"address": packet.ADDRESS, "server": packet.SERVER}
    given = {codes[name]: value for name, value in options.items()}
    options_ = {packet.KIND: bytes([kind]), **given}
    return Packet(reply=False, transaction=7, mac=mac_of(cluster, 1), options=options_)


def test_a_client_of_ours_gets_its_planned_address(cluster: Cluster) -> None:
    client = Client(mac_of(cluster, 1), 0, lambda: 0.5)
    sent = list(client.tick(0))
    while sent:
        reply = leases.answer(packet.parse(sent.pop(0).data), cluster)
        assert reply is not None
        sent += client.receive(packet.build(reply), 0)
    assert client.lease is not None
    assert client.lease.address == f"{cluster.nodes[1].address}/24"
    assert [route.gateway for route in client.lease.routes] == [cluster.gateway]
    assert client.lease.server == cluster.gateway


def test_an_address_that_is_not_its_own_is_refused_to_a_machine(cluster: Cluster) -> None:
    other = packet.pack_addresses(cluster.nodes[0].address)
    reply = leases.answer(asking(cluster, packet.REQUEST, address=other), cluster)
    assert reply is not None
    assert (reply.kind, reply.yours) == (packet.NAK, packet.NOWHERE)


def test_who_is_not_of_the_cluster_or_asks_another_server_gets_no_answer(cluster: Cluster) -> None:
    stranger = asking(cluster, packet.DISCOVER)._replace(mac=bytes(6))
    assert leases.answer(stranger, cluster) is None
    other = packet.pack_addresses("192.0.2.1")
    assert leases.answer(asking(cluster, packet.REQUEST, server=other), cluster) is None


def test_what_needs_no_answer_gets_none(cluster: Cluster) -> None:
    assert leases.answer(asking(cluster, packet.RELEASE), cluster) is None
    assert leases.answer(asking(cluster, packet.DISCOVER)._replace(reply=True), cluster) is None
