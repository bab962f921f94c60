"""Whoever creates or destroys may be killed at any moment: the next destroy removes all of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.provision.clusters import HERE, create, destroyed_after, left_of, status, unique

from ichor.provision import destroy, inventory, record
from ichor.provision.containers import Containers
from ichor.provision.life import State

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("state", "bounded")]

# Enough to fall into each phase and between any two; each point costs about half a second.
POINTS = 12


def run_dying(verb: str, name: str, root: Path, limit: int) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, str(HERE / "dying.py"), verb, name, str(root), str(limit)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE.parents[1] / "src"),
        "TALOSCONFIG": f"{os.environ['ICHOR_STATE']}/talosconfig",
    }
    return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60)


def points(total: int) -> list[int]:
    return sorted({1 + total * step // POINTS for step in range(POINTS)})


def test_a_creator_killed_anywhere_leaves_nothing_that_destroy_does_not_remove(root: Path) -> None:
    name = unique("k")
    before = inventory.snapshot()
    with destroyed_after(name):
        whole = run_dying("create", name, root, 0)
        assert whole.returncode == 0, whole.stderr
        Containers().destroy(name)
        for point in points(int(whole.stdout)):
            assert run_dying("create", name, root, point).returncode == -signal.SIGKILL
            with record.locked(name):
                Containers().destroy(name)
            after = inventory.snapshot()
            assert left_of(name) == [], point
            assert inventory.compare(before, after, containing=name) == [], point
            assert inventory.compare(before, after, containing=str(root)) == [], point


def test_ctrl_c_says_what_to_do_and_leaves_nothing_that_destroy_does_not_remove(
    root: Path,
) -> None:
    name = unique("o")
    with destroyed_after(name):
        whole = run_dying("command", name, root, 0)
        assert whole.returncode == 0, whole.stderr
        Containers().destroy(name)
        total = int(whole.stdout.split()[-1])
        for point in (total // 8, total // 2, total * 3 // 4, total * 7 // 8):
            cut = run_dying("command", name, root, point)
            # pyroute2 may add that its own event loop was cut short in the making.
            assert cut.returncode == 130
            assert cut.stderr.strip().startswith("interrupted")
            assert f"ichor cluster destroy --name {name}" in cut.stdout
            Containers().destroy(name)
            assert left_of(name) == [], point


def test_nodes_outlive_the_process_that_made_them(root: Path) -> None:
    name = unique("p")
    with destroyed_after(name):
        assert run_dying("create", name, root, 0).returncode == 0
        states = Containers().status(record.load(name)).values()
        assert all(each is not None and each.state is State.RUNNING for each in states)


def test_a_destroy_killed_anywhere_is_finished_by_the_next(root: Path) -> None:
    name = unique("l")
    with destroyed_after(name):
        create(name, root)
        whole = run_dying("destroy", name, root, 0)
        assert whole.returncode == 0, whole.stderr
        total = int(whole.stdout)
        for point in (total // 8, total // 4, total // 2, total * 7 // 8):
            create(name, root)
            assert run_dying("destroy", name, root, point).returncode == -signal.SIGKILL
            with record.locked(name):
                Containers().destroy(name)
            assert left_of(name) == [], point


def test_destroy_removes_what_killed_keepers_leave(root: Path) -> None:
    name = unique("m")
    with destroyed_after(name):
        cluster = create(name, root)
        destroy.kill([status(node).keeper for node in cluster.nodes])
        assert Containers().destroy(name)
        assert left_of(name) == []


def test_destroy_kills_keepers_that_do_not_answer(root: Path) -> None:
    name = unique("n")
    with destroyed_after(name):
        cluster = create(name, root, workers=1)
        os.kill(status(cluster.nodes[0]).keeper, signal.SIGSTOP)
        assert Containers().destroy(name)
        assert left_of(name) == []
