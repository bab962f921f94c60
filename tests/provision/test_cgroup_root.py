"""Nodes on a host with cgroup version 2 only, played by a mount namespace."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.provision.clusters import HERE, destroyed_after, unique

from ichor.provision import cgroup

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("state", "bounded")]


def test_nodes_run_on_a_host_of_version_2(root: Path) -> None:
    trees = [each.directory for each in cgroup.hierarchies() if each.is_v2]
    if not trees or len(cgroup.hierarchies()) == 1:
        pytest.skip("this host has no hybrid cgroups: the other tests prove its one version")
    name = unique("v")
    argv = ["unshare", "--mount", "--propagation", "private"]
    argv += [sys.executable, str(HERE / "v2_world.py"), name, str(root)]
    top = HERE.parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{top / 'src'}:{top}"}
    with destroyed_after(name):
        try:
            done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60)
        finally:
            cgroup.remove([tree / f"{name}-world" for tree in trees])
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "[True]",
            "0::/",
            "[('cgroup2', '/sys/fs/cgroup')]",
            "4",  # two nodes, the hub, its discovery service
            "[]",
        ]
    assert not [tree for tree in trees if (tree / f"{name}-world").exists()]


def test_a_root_that_is_none_is_emptied_into_a_leaf() -> None:
    """Without controllers the kernel does not refuse: only the order of steps is proven."""
    trees = [each.directory for each in cgroup.hierarchies() if each.is_v2]
    if not trees:
        pytest.skip("this host has no cgroups of version 2")
    group = trees[0] / unique("evacuated")
    group.mkdir()
    sleepers = [subprocess.Popen(["sleep", "1000"]) for _ in range(3)]
    try:
        for each in sleepers:
            (group / "cgroup.procs").write_text(str(each.pid))
        cgroup.evacuate(group)
        cgroup.evacuate(group)
        assert (group / "cgroup.procs").read_text() == ""
        left = {int(pid) for pid in (group / "ichor.outside/cgroup.procs").read_text().split()}
        assert left == {each.pid for each in sleepers}
    finally:
        for each in sleepers:
            each.kill()
            each.wait()
        cgroup.remove([group])
