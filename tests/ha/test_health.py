"""Health of three control planes is told from one of them, whichever of the others is away."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.ha.living import Living, until
from tests.ha.test_survival import BACK_S, all_well, named

from ichor.provision import control, record
from ichor.provision.control import Verb
from ichor.provision.record import Node

pytestmark = [pytest.mark.cluster, pytest.mark.root]
GIVEN_S = 15
MORE_S = 30  # for the command to start and end on a machine under load


def health(cluster: Living, node: Node, seconds: float) -> "subprocess.CompletedProcess[str]":
    """Ask a node by our own command; what it says goes to stderr."""
    talosconfig = record.cluster_directory(cluster.cluster.name) / "talosconfig"
    words = ["health", "-n", node.address, "--wait-timeout", f"{seconds:.0f}s"]
    return subprocess.run(
        [str(Path(sys.executable).with_name("ichor")), "--talosconfig", str(talosconfig), *words],
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )


@pytest.mark.parametrize("short", ["controlplane-2", "worker-1"])
def test_the_check_that_fails_is_told_with_its_node_until_it_is_back(
    cluster: Living, short: str
) -> None:
    until(all_well(cluster), BACK_S)
    node, asked = named(cluster, short), named(cluster, "controlplane-1")
    directory = record.node_directory(node.cluster, node.name)
    control.call(directory, Verb.CUT)
    try:
        begin = time.monotonic()
        done = health(cluster, asked, GIVEN_S)
        took = time.monotonic() - begin
    finally:
        wall = time.time()
        control.call(directory, Verb.START)
    last = done.stderr.strip().splitlines()[-1]
    print(f"after {took:.1f} s: {last}")
    assert done.returncode == 1
    assert "DEADLINE_EXCEEDED" in last
    assert "apid" in last
    assert node.address in last
    assert took < GIVEN_S + MORE_S
    until(all_well(cluster, since=wall), BACK_S)
    again = health(cluster, asked, BACK_S)
    assert again.returncode == 0, again.stderr
