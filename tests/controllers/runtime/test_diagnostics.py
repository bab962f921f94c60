import os
from datetime import UTC, datetime

from ichor.config import bundle, generate
from ichor.controllers.runtime.diagnostics import OVERLAP_ID, Inputs, reconcile
from ichor.resources.config.active import ActiveConfig
from ichor.resources.network.node_address import NodeAddress

REQUEST = generate.Request(cluster_name="c", endpoint="https://192.0.2.1:6443")
SECRETS = bundle.generate(now=datetime(2026, 1, 1, tzinfo=UTC), entropy=os.urandom)
CONFIG = ActiveConfig(value=generate.worker(REQUEST, SECRETS))


def details(*addresses: str) -> dict[str, tuple[str, ...]]:
    inputs = Inputs(config=CONFIG, addresses=NodeAddress(addresses=addresses))
    return {id: found.details for id, found in reconcile(inputs)}


def test_networks_apart_are_no_fault() -> None:
    assert details("10.5.0.2/24", "fd00::2/64") == {}


def test_a_node_within_the_network_of_pods_or_around_that_of_services_is_one() -> None:
    assert details("10.244.1.2/24") == {OVERLAP_ID: ("10.244.1.2/24 and 10.244.0.0/16 of pods",)}
    assert details("10.1.2.3/8") == {
        OVERLAP_ID: (
            "10.1.2.3/8 and 10.244.0.0/16 of pods",
            "10.1.2.3/8 and 10.96.0.0/12 of services",
        )
    }
