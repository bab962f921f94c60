"""The images of a node by our own command: pulled from its cache, sent as an archive, removed."""

from pathlib import Path

import pytest
from tests.apps import layouts
from tests.cluster.conftest import CACHED
from tests.cluster.lab import Lab
from tests.cluster.test_image_cache import run_pod

from ichor.config.versions import image
from ichor.image import layout

pytestmark = [pytest.mark.cluster, pytest.mark.root]


def listed(node: Lab, namespace: str) -> dict[str, list[str]]:
    """Give the rows of the table by image."""
    done = node.ichor("image", "list", "--namespace", namespace)
    assert done.returncode == 0, done.stderr
    heading, *rows = [line.split() for line in done.stdout.splitlines()]
    assert heading == ["NODE", "IMAGE", "DIGEST", "SIZE", "CREATED"]
    return {row[1]: row for row in rows}


def test_what_the_os_and_what_kubernetes_runs_is_listed_apart(node: Lab) -> None:
    assert {image("etcd"), image("kubelet")} <= set(listed(node, "system"))
    pods = listed(node, "cri")
    assert image("kube-apiserver") in pods
    assert image("etcd") not in pods
    assert pods[image("kube-apiserver")][4] == "MiB"


@pytest.mark.parametrize("namespace", ["system", "cri"])
def test_an_image_is_pulled_and_removed(node: Lab, namespace: str) -> None:
    done = node.ichor("image", "pull", CACHED, "--namespace", namespace)
    assert (done.returncode, done.stdout.split()[-1]) == (0, CACHED), done.stderr
    assert CACHED in listed(node, namespace)
    done = node.ichor("image", "remove", CACHED, "--namespace", namespace)
    assert done.returncode == 0, done.stderr
    assert CACHED not in listed(node, namespace)
    again = node.ichor("image", "rm", CACHED, "--namespace", namespace)
    assert (again.returncode, "no image" in again.stderr) == (1, True), again.stderr


def test_what_a_pod_pulled_goes_with_its_names_and_no_others(node: Lab) -> None:
    run_pod(node, "pulls")
    before = set(listed(node, "cri"))
    own = {name for name in before if name.startswith("cached.example/")}
    assert len(own) == 2
    done = node.ichor("image", "remove", CACHED)
    assert done.returncode == 0, done.stderr
    assert before - set(listed(node, "cri")) == own


def test_an_archive_is_sent(node: Lab, tmp_path: Path) -> None:
    name = "sent.example/greeting:1"
    layouts.write(tmp_path / "images", name)
    layout.archive(tmp_path / "images", [name], tmp_path / "images.tar")
    done = node.ichor("image", "pull", str(tmp_path / "images.tar"))
    assert (done.returncode, done.stdout.split()[-1]) == (0, name), done.stderr
    assert name in listed(node, "cri")
    assert node.ichor("image", "remove", name).returncode == 0


def test_what_is_no_name_is_refused(node: Lab) -> None:
    done = node.ichor("image", "pull", "a.example/../b")
    assert done.returncode == 1
    assert "registry/repository:tag" in done.stderr
