"""Access is joined into the user's files under the cluster's name, and taken out again alone."""

from pathlib import Path

import msgspec
import pytest

from ichor.cli import cluster_access, cluster_config
from ichor.client import talosconfig
from ichor.provision import record
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster

FETCHED = """
apiVersion: v1
kind: Config
clusters: [{name: dev, cluster: {server: 'https://10.5.0.2:6443'}}]
users: [{name: admin@dev, user: {}}]
contexts: [{name: admin@dev, context: {cluster: dev, user: admin@dev}}]
current-context: admin@dev
"""
THEIRS = FETCHED.replace("dev", "other")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setenv("ICHOR_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("TALOSCONFIG", str(tmp_path / "talosconfig"))
    made = cluster_access.named(plan(Request(name="dev", root=Path("/x")), free=lambda _: True))
    record.save(made)
    return made


def test_the_users_files_are_those_of_the_environment(cluster: Cluster, tmp_path: Path) -> None:
    assert cluster.kubeconfig == str(tmp_path / "kubeconfig")
    assert cluster.talosconfig == str(tmp_path / "talosconfig")


def test_a_kubeconfig_leads_through_the_forwarder_and_leaves_others(cluster: Cluster) -> None:
    theirs = Path(cluster.kubeconfig)
    theirs.write_text(THEIRS)
    cluster_access.give_kubernetes(cluster, FETCHED)
    text, port = theirs.read_text(), cluster.nodes[0].forward("kubernetes")
    assert f"https://127.0.0.1:{port}" in text
    assert "admin@other" in text
    assert "current-context: admin@dev" in text
    cluster_access.take(cluster)
    assert "dev" not in theirs.read_text()
    assert "admin@other" in theirs.read_text()


def test_a_talosconfig_is_joined_in_and_taken_out(cluster: Cluster) -> None:
    told = cluster_config.tell(cluster, "build").talosconfig
    cluster_access.give(cluster, told, None)
    assert talosconfig.load(Path(cluster.talosconfig)).context == "dev"
    cluster_access.take(cluster)
    assert talosconfig.load(Path(cluster.talosconfig)).contexts == {}


def test_another_clusters_context_of_the_same_name_is_left(cluster: Cluster) -> None:
    told = cluster_config.tell(cluster, "build").talosconfig
    cluster_access.give(cluster, told, None)
    other = cluster_config.tell(cluster, "build").talosconfig
    talosconfig.save(Path(cluster.talosconfig), other)
    cluster_access.take(cluster)
    assert "dev" in talosconfig.load(Path(cluster.talosconfig)).contexts


def test_taking_what_was_never_given_changes_nothing(cluster: Cluster) -> None:
    cluster_access.take(cluster)
    cluster_access.take(msgspec.structs.replace(cluster, kubeconfig="", talosconfig=""))
    assert not Path(cluster.kubeconfig).exists()
