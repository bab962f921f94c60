"""Certificates that live two minutes are renewed at half of it, and nothing restarts."""

import asyncio
import os
import ssl
import time
from collections.abc import Generator

import pytest
from tests.ha import living
from tests.ha.conftest import made
from tests.ha.living import Living, host_writer, pids, until
from tests.ha.test_survival import all_well, nothing_is_lost

from ichor.pki import certificate as x509
from ichor.provision.record import Node

pytestmark = [pytest.mark.cluster, pytest.mark.root]
LIFE_S = 120
RESTARTLESS = (
    "apid",
    "trustd",
    "etcd",
    "kubelet",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Generator[Living]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICHOR_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("TALOSCONFIG", str(tmp_path_factory.mktemp("home") / "talosconfig"))
        patch.setenv("ICHOR_LONGEST_CERTIFICATE", f"{LIFE_S}s")
        yield from made(f"ha-r{os.getpid()}", planes=1)


def shown(port: int) -> x509.Certificate:
    """Give the certificate a server behind a forwarder shows now."""
    text = ssl.get_server_certificate(("127.0.0.1", port), timeout=10)
    return x509.parse_pem(text)


def servers(living: Living) -> dict[str, int]:
    found = {f"{node.name} apid": node.forward("api") for node in living.cluster.nodes}
    found |= {f"{node.name} kubernetes": node.forward("kubernetes") for node in living.planes}
    return found


def running(node: Node) -> dict[str, list[int]]:
    return {service: pids(node, service) for service in RESTARTLESS}


def test_two_lives_of_every_certificate_pass_without_a_restart(hasty: Living) -> None:
    until(all_well(hasty), 120)
    before = {node.name: running(node) for node in hasty.cluster.nodes}
    first = {name: shown(port) for name, port in servers(hasty).items()}
    writer = host_writer(hasty, "renewal")

    async def outlived() -> str:
        """Say whose first certificate has not been replaced by one that outlives it by a life."""
        for name, port in servers(hasty).items():
            now = await asyncio.to_thread(shown, port)
            if now.not_after.timestamp() < first[name].not_after.timestamp() + LIFE_S:
                return f"{name} still shows a certificate until {now.not_after}"
        return ""

    with living.writing(writer):
        moment = time.monotonic()
        took = until(outlived, 4 * LIFE_S, every=1)
        until(all_well(hasty), 60)
        pause = writer.pause_after(moment)
    print(f"all replaced and outlived after {took:.0f} s; longest pause of writes {pause:.1f} s")
    assert {node.name: running(node) for node in hasty.cluster.nodes} == before
    assert pause < 10
    nothing_is_lost(hasty, writer)
