"""The way out: masqueraded, listed, gone afterwards. In a network namespace that plays the host."""

import os
import subprocess
import sys

import pytest
from tests.provision.clusters import HERE

from ichor.provision.egress import link_addresses
from ichor.provision.name import egress_link

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("bounded")]


def test_nodes_get_out_and_destroy_puts_the_host_back() -> None:
    argv = ["unshare", "--net", "--mount", "--propagation", "private"]
    argv += [sys.executable, str(HERE / "egress_world.py")]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src")}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "one 203.0.113.2",
        "two 203.0.113.2",
        "forwarding 1",
        f"listed ['link {egress_link('one')}', 'nftables table ip ichor_one']",
        "two alone 203.0.113.2 1",
        "after 0 []",
    ]
    assert link_addresses("one") != link_addresses("two")
