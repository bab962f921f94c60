"""A node runs what only its cache of images has, and the cache's server comes back when killed."""

import os
import signal

import pytest
from tests.cluster.conftest import CACHED
from tests.cluster.lab import Lab

pytestmark = [pytest.mark.cluster, pytest.mark.root]

POD = """
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: kube-system}
spec:
  restartPolicy: Never
  hostNetwork: true
  tolerations: [{operator: Exists}]
  containers:
  - {name: c, image: IMAGE, imagePullPolicy: Always, args: [http, --tries, "30", URL]}
"""
HOSTS = "system/secrets/cri/hosts/_default/hosts.toml"
HEALTH = "http://127.0.0.1:3172/healthz"


def run_pod(node: Lab, name: str, image: str = CACHED) -> str:
    """Run a pod of a cached image, pulled anew; gives what it said."""
    text = POD.replace("NAME", name).replace("IMAGE", image).replace("URL", HEALTH)
    node.kubectl("apply", "-f", "-", text=text)
    done = "--for=jsonpath={.status.phase}=Succeeded"
    node.kubectl("wait", done, f"pod/{name}", "-n", "kube-system", "--timeout=90s")
    said = node.kubectl("logs", "-n", "kube-system", name)
    node.kubectl("delete", "pod", name, "-n", "kube-system", "--now")
    return said


def test_a_pod_runs_an_image_that_only_the_cache_has(node: Lab) -> None:
    assert run_pod(node, "cached") == "ok\n"


def test_a_killed_registryd_comes_back(node: Lab) -> None:
    before = node.processes()["registryd"]
    os.kill(before, signal.SIGKILL)
    assert run_pod(node, "again") == "ok\n"
    assert node.processes()["registryd"] != before


def test_the_cache_is_listed_before_every_registry(node: Lab) -> None:
    shown = (node.root / HOSTS).read_text()
    assert '\n[host."http://127.0.0.1:3172"]\n' in shown
