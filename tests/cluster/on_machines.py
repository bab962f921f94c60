"""What only machines do, in a cluster that has pods: one takes another image, one is made afresh.

Run by `make machines` after the tests of Kubernetes, in the same cluster.
"""

import json
import time
from collections.abc import Callable

import pytest
from tests.cluster.whole import PROVISIONER, SLOWNESS, Whole

from ichor.config.versions import image as reference
from ichor.formats import verity
from ichor.image import installer
from ichor.image import verity as verified
from ichor.image.cache import Cache, default_root
from ichor.image.progress import Lines

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.root,
    pytest.mark.skipif(PROVISIONER != "qemu", reason="ICHOR_PROVISIONER is not qemu"),
]
OTHER_LEVEL = 1  # of compression: the same files, another root
LONGEST_S = 600.0
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: default}}
spec:
  nodeName: {node}
  tolerations: [{{operator: Exists}}]
  containers: [{{name: echo, image: "{image}", args: [serve]}}]
"""


class Worker:
    """The cluster's worker, through its API and Kubernetes'."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        nodes = json.loads(whole.run(*whole.argv("show"), "-o", "json"))["cluster"]["nodes"]
        (shown,) = (one for one in nodes if "worker" in one["name"])
        self.name: str = shown["name"]
        self.address: str = shown["address"]
        (listen,) = (one["listen"] for one in shown["forwards"] if one["name"] == "api")
        self.endpoint = f"127.0.0.1:{listen}"

    def ichor(self, *words: str, seconds: float = 60) -> str:
        return self.whole.run(*self.whole.machine_argv(*words), seconds=seconds)

    def asked(self, *words: str, seconds: float = 60) -> str:
        return self.ichor(*words, "-n", self.address, seconds=seconds)

    def until(self, good: Callable[[str], bool], *argv: str) -> None:
        """Ask until the answer is good. Raises AssertionError after a while."""
        end = time.monotonic() + LONGEST_S
        while True:
            try:
                said = self.whole.run(*argv)
                if good(said):
                    return
            except AssertionError as error:
                said = str(error)
            assert time.monotonic() < end, f"{argv}: {said}"
            time.sleep(1)

    def kubectl(self, *words: str) -> tuple[str, ...]:
        program = self.whole.directory / "state/clusters" / self.whole.name / "bin/kubectl"
        return (str(program), *words)

    def until_ready(self) -> None:
        ready = "jsonpath={.status.conditions[?(@.type=='Ready')].status}/{.spec.unschedulable}"
        self.until("True/".__eq__, *self.kubectl("get", "node", self.name, "-o", ready))

    def serves(self, name: str) -> None:
        """Run a pod there, which answers."""
        wanted = self.whole.directory / f"{name}.yaml"
        wanted.write_text(POD.format(name=name, node=self.name, image=reference("testtool")))
        # A busy host cuts a connection now and then; it is the same pod however often it is asked.
        self.until(bool, *self.kubectl("apply", "-f", str(wanted)))
        timeout = f"--timeout={90 * SLOWNESS}s"
        self.whole.kubectl("wait", "--for=condition=Ready", f"pod/{name}", timeout, seconds=100)
        ask = ("exec", name, "--", "/testtool", "http", "--tries", "5", "http://127.0.0.1:8080/")
        self.until(f"{name} /\n".__eq__, *self.kubectl(*ask))

    def root(self) -> bytes:
        return verity.parse(self.asked("read", "/proc/cmdline")).root


@pytest.fixture(scope="module")
def worker(cluster: Whole) -> Worker:
    return Worker(cluster)


def test_a_worker_takes_another_image_and_pods_again(worker: Worker) -> None:
    found = Cache(default_root())
    made = installer.installer_step(found, OTHER_LEVEL)
    other = verified.verity_step(found, OTHER_LEVEL)
    found.make([made, other], Lines())
    wanted = verified.read(found.path(other)).root
    assert worker.root() != wanted
    archive = str(found.path(made) / installer.ARCHIVE)
    print(worker.asked("upgrade", "-i", archive, "--timeout", "30m", seconds=LONGEST_S))
    assert worker.root() == wanted
    worker.until_ready()
    worker.serves("upgraded")


def test_a_worker_that_was_reset_joins_again(worker: Worker) -> None:
    config = worker.whole.directory / "worker.yaml"
    config.write_text(worker.asked("get", "machineconfig", "v1alpha1", "-o", "jsonpath={.spec}"))
    created = ("get", "nodename", "-o", "jsonpath={.metadata.created}")
    before = worker.asked(*created)
    print(worker.asked("reset", "--reboot", "--timeout", "20m", seconds=LONGEST_S))
    waiting = worker.whole.machine_argv("version", "-i", "-n", worker.endpoint, "--short")
    worker.until(bool, *waiting)
    worker.ichor("apply-config", "-i", "-n", worker.endpoint, "-f", str(config))
    worker.until(
        lambda created: created != before,
        *worker.whole.machine_argv("-n", worker.address, *created),
    )
    worker.until_ready()
    worker.serves("afresh")
