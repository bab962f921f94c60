"""Nodes pull their images from a registry on the outside; the way there is only if asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cluster.pull_world import PULLED
from tests.cluster.whole import ROOT

from ichor.config.versions import image
from ichor.image.build import artifacts

pytestmark = [pytest.mark.cluster, pytest.mark.root]


def test_nodes_without_images_pull_them_through_a_mirror_on_the_outside(tmp_path: Path) -> None:
    artifacts()  # what is missing is fetched here: there is no way out from where nodes are made
    command = ["unshare", "--net", "--mount", "--propagation", "private", sys.executable, "-m"]
    command += ["tests.cluster.pull_world", f"pull-{os.getpid()}", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    references = [image(name, "pull") for name in PULLED]
    system = {image(name, "pull") for name in ("kubelet", "etcd", "pause")}
    assert done.stdout.splitlines() == [
        "without a way out: [Errno 101] Network is unreachable",
        "with one: reached",
        "table True",
        "node Ready",
        f"pods {json.dumps(sorted(set(references) - system))}",
        "clients ['203.0.113.2']",
        f"asked {json.dumps(sorted(each.rpartition(':')[0] for each in references))}",
        "refused 0",
        "without the password: 401",
        "without a certificate: refused",
        "left []",
        "forwarding 0",
    ]
