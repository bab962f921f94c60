"""Three control planes that start at once, and without discovery, become one cluster."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Generator, Iterator, Mapping

import pytest
from tests.ha import living
from tests.ha.conftest import made
from tests.ha.living import Living, until
from tests.ha.test_survival import BACK_S, all_well

from ichor.formats.jsonvalue import Object, at, text, whole
from ichor.peers.kube_inventory import from_data
from ichor.peers.kube_manifests import INVENTORY
from ichor.provision import record
from ichor.provision.record import Node
from ichor.resources.cluster.affiliate import Member

pytestmark = [pytest.mark.cluster, pytest.mark.root]
WITHOUT = """
apiVersion: v1alpha1
kind: DiscoveryServiceConfig
name: default
$patch: delete
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Living]:
    directory = tmp_path_factory.mktemp("fresh")
    patch = directory / "patch.yaml"
    patch.write_text(WITHOUT)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ICHOR_STATE", str(directory / "state"))
        environment.setenv("TALOSCONFIG", str(directory / "talosconfig"))
        environment.setenv("KUBECONFIG", str(directory / "kubeconfig"))
        yield from made(f"ha-f{os.getpid()}", options=["--config-patch", str(patch)])


def test_a_cluster_without_discovery_works(fresh: Living) -> None:
    until(all_well(fresh), BACK_S)
    for node in fresh.planes:
        assert set(asyncio.run(living.resources(fresh, node, Member))) <= {node.name}


def audited(node: Node) -> Iterator[Object]:
    """Give what control planes changed through the API server of a node, once it is answered."""
    directory = record.node_directory(node.cluster, node.name)
    log = directory / "var/log/audit/kube/kube-apiserver.log"
    for line in log.read_text().splitlines():
        event: Object = json.loads(line)
        ours = text(event, "user", "username") == "talos:admin"
        if ours and text(event, "stage") == "ResponseComplete":
            yield event


def named(event: Object) -> tuple[str, str, str]:
    found = at(event, "objectRef")
    return text(found, "resource"), text(found, "namespace"), text(found, "name")


async def inventory(cluster: Living) -> Mapping[str, object]:
    client = cluster.through(cluster.forwarders()[0])
    try:
        found = at(await client.get(INVENTORY), "data")
    finally:
        await client.close()
    assert isinstance(found, dict)
    return found


def test_each_manifest_is_made_once_whoever_is_first(fresh: Living) -> None:
    until(all_well(fresh), BACK_S)
    events = [event for node in fresh.planes for event in audited(node)]
    created = Counter(named(one) for one in events if text(one, "verb") == "create")
    codes = {
        whole(one, "responseStatus", "code") for one in events if text(one, "verb") == "create"
    }
    saved = [
        one for one in events if named(one)[2] == INVENTORY.name and text(one, "verb") != "get"
    ]
    known = from_data(asyncio.run(inventory(fresh)))
    assert set(created.values()) == {1}
    assert codes == {201}
    assert {name for _, _, name in created} == {one.name for one in known}
    assert len(saved) == 1
