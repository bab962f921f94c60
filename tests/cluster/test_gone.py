"""Destroy leaves nothing, whether a cluster was whole or its creator was killed on the way."""

import os
import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cluster.whole import LONGEST_S, Whole, destroyed_after, ended_after

from ichor.provision import destroy, inventory

pytestmark = [pytest.mark.cluster, pytest.mark.root]


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Whole:
    made = Whole(f"cl-{os.getpid()}-gone", tmp_path)
    monkeypatch.setenv("ICHOR_STATE", made.environment["ICHOR_STATE"])
    return made


def contexts(whole: Whole) -> str:
    """Give what the user's own files hold of any cluster."""
    files = (whole.directory / "kubeconfig", whole.directory / "talosconfig")
    return "".join(path.read_text() for path in files if path.exists())


def held(name: str) -> tuple[set[int], set[str]]:
    """Give the processes of a cluster and the namespaces that they alone are in."""
    own = inventory.namespaces_of(os.getpid())
    pids = destroy.processes(name)
    found = {each for pid in pids for each in inventory.namespaces_of(pid)}
    return pids, found - own


def check_gone(whole: Whole, pids: set[int], namespaces: set[str]) -> None:
    assert inventory.of_cluster(whole.name) == []
    now = inventory.snapshot()
    assert namespaces.isdisjoint(now.namespaces)
    # One without arguments is a zombie, which the host's own init has not reaped yet.
    running = [line.split() for line in now.processes]
    assert not [words for words in running if int(words[0]) in pids and len(words) > 1]
    assert not [line for line in now.mounts if whole.name in line]
    assert whole.name not in contexts(whole)


def test_a_whole_cluster_goes_without_a_trace(whole: Whole) -> None:
    before = inventory.snapshot()
    with destroyed_after(whole):
        whole.create("--workers", "0")
        pids, namespaces = held(whole.name)
        assert whole.name in contexts(whole)
    check_gone(whole, pids, namespaces)
    after = inventory.snapshot()
    assert inventory.compare(before, after, containing=whole.name) == []
    assert before.sysctls == after.sysctls


PHASES = ["network", "disks", "nodes", "machine api", "kubernetes api"]


@pytest.mark.parametrize("phase", PHASES)
def test_what_a_killed_creator_left_goes_too(whole: Whole, phase: str) -> None:
    with destroyed_after(whole), creating_until(whole, phase) as process:
        process.kill()
        process.wait()
        pids, namespaces = held(whole.name)
    check_gone(whole, pids, namespaces)


@pytest.mark.parametrize("phase", PHASES)
def test_what_an_interrupted_creator_left_is_told_and_goes_too(whole: Whole, phase: str) -> None:
    with destroyed_after(whole), creating_until(whole, phase) as process:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all of its children
        assert process.stdout is not None
        said = process.stdout.read()
        assert process.wait() != 0
        assert f"ichor cluster destroy --name {whole.name} removes it all" in said
        assert "Traceback" not in said, said
        pids, namespaces = held(whole.name)
    check_gone(whole, pids, namespaces)


@contextmanager
def creating_until(whole: Whole, phase: str) -> Generator["subprocess.Popen[str]"]:
    """Create a cluster and go on as soon as that phase begins."""
    argv = whole.argv("create", "--subnet", "10.6.0.0/24")
    with ended_after(whole.start(*argv)) as process:
        assert process.stdout is not None
        text = ""
        while phase not in text:
            piece = os.read(process.stdout.fileno(), 4096)
            assert piece, text
            text += piece.decode()
        yield process


def test_a_cluster_whose_nodes_cannot_live_is_given_up_with_their_last_words(whole: Whole) -> None:
    """Every init is told nonsense by its environment, which it refuses by its end."""
    whole.environment = {**whole.environment, "ICHOR_LONGEST_CERTIFICATE": "nonsense"}
    with destroyed_after(whole):
        argv = whole.argv("create", "--subnet", "10.6.0.0/24", "--wait-timeout", "20m")
        done = subprocess.run(
            argv, env=whole.environment, capture_output=True, text=True, timeout=LONGEST_S
        )
        assert done.returncode == 1
        told = done.stderr.partition("error: ")[2]
        assert re.match(rf"node {whole.name}-\S+: its init has crashed \d+ times in a row", told)
        assert "nonsense" in told
