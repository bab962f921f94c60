"""What a node's /var starts with, whatever happened to it or to us before."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.provision.clusters import build_store

from ichor.errors import TransientError
from ichor.provision import record, seed
from ichor.provision.record import Node

NODE = Node(
    cluster="c",
    name="c-1",
    role="worker",
    address="10.5.0.2",
    prefix_length=24,
    gateway="10.5.0.1",
    root="/nowhere",
    init=("/sbin/init",),
)
STORE = "var/lib/containerd"
DATABASE = f"{STORE}/io.containerd.metadata.v1.bolt/meta.db"
BLOB = "io.containerd.content.v1.content/blobs/sha256/aa"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    store = build_store(tmp_path / "store")
    (store / BLOB).parent.mkdir(parents=True)
    (store / BLOB).write_text("blob")
    return msgspec.structs.replace(NODE, store=str(store))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "nodes/c-1"
    (made / "var").mkdir(parents=True)
    return made


def test_a_var_without_a_store_gets_the_prepared_one(node: Node, directory: Path) -> None:
    seed.plant(node, directory)
    assert (directory / DATABASE).read_text() == "as built"
    assert (directory / STORE / BLOB).samefile(Path(node.store) / BLOB)
    assert not seed.is_wanted(node, directory)


def test_what_containerd_made_of_its_store_stays(node: Node, directory: Path) -> None:
    seed.plant(node, directory)
    (directory / DATABASE).write_text("its own")
    (directory / STORE / BLOB).unlink()
    seed.plant(node, directory)
    assert (directory / DATABASE).read_text() == "its own"
    assert not (directory / STORE / BLOB).exists()


def test_what_a_wipe_could_not_remove_does_not_stay(node: Node, directory: Path) -> None:
    left = directory / STORE / "tmpmounts/busy"
    left.mkdir(parents=True)
    seed.plant(node, directory)
    assert (directory / DATABASE).exists()
    assert not left.exists()


def test_a_clone_cut_short_is_begun_anew(node: Node, directory: Path) -> None:
    part = directory / "seeding/io.containerd.metadata.v1.bolt/meta.db"
    part.parent.mkdir(parents=True)
    part.write_text("half")
    assert seed.is_wanted(node, directory)
    seed.plant(node, directory)
    assert (directory / DATABASE).read_text() == "as built"
    assert not (directory / "seeding").exists()


def test_a_node_that_pulls_its_images_starts_with_none(directory: Path) -> None:
    seed.plant(NODE, directory)
    assert list((directory / "var").iterdir()) == []


def test_images_that_are_gone_are_named(node: Node, directory: Path) -> None:
    gone = msgspec.structs.replace(node, store="/nowhere/store")
    with pytest.raises(TransientError, match="no images for c-1: /nowhere/store is gone"):
        seed.plant(gone, directory)
    assert list((directory / "var").iterdir()) == []


def test_it_runs_as_a_process_of_its_own(node: Node, directory: Path) -> None:
    record.save_node(directory, node)
    subprocess.run([sys.executable, "-m", "ichor.provision.seed", str(directory)], check=True)
    assert (directory / DATABASE).read_text() == "as built"
