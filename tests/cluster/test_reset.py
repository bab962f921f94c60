"""A node that was reset becomes a healthy one again, from what its cluster was made of."""

import json
import os
import sys
import time
from collections.abc import Generator

import pytest
from tests.cluster.whole import Whole, destroyed_after

pytestmark = [pytest.mark.cluster, pytest.mark.root]

SUBNET = "10.7.70.0/24"
LONGEST_S = 120.0


class Bare:
    """A cluster of one node that is told everything by its API."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        shown = json.loads(whole.run(*whole.argv("show"), "-o", "json"))["cluster"]["nodes"][0]
        self.address: str = shown["address"]
        ports = {one["name"]: one["listen"] for one in shown["forwards"]}
        self.endpoint = f"127.0.0.1:{ports['api']}"

    def ichor(self, *words: str, seconds: float = 60) -> str:
        program = "import sys; from ichor.cli.main import main; sys.exit(main(sys.argv[1:]))"
        return self.whole.run(sys.executable, "-c", program, *words, seconds=seconds)

    def admin(self, *words: str, seconds: float = 60) -> str:
        config = str(self.whole.directory / "made/talosconfig")
        by = ("--talosconfig", config, "-e", self.endpoint, "-n", self.address)
        return self.ichor(*by, *words, seconds=seconds)

    def until_ok(self, *words: str) -> str:
        limit = time.monotonic() + LONGEST_S
        while True:
            try:
                return self.ichor(*words)
            except AssertionError:
                if time.monotonic() > limit:
                    raise
                time.sleep(0.2)

    def become_healthy(self) -> None:
        """From maintenance mode to a control plane whose pods are ready."""
        self.until_ok("version", "-i", "-n", self.endpoint)
        config = str(self.whole.directory / "made/controlplane.yaml")
        self.ichor("apply-config", "-i", "-n", self.endpoint, "-f", config)
        admin = str(self.whole.directory / "made/talosconfig")
        by = ("--talosconfig", admin, "-e", self.endpoint, "-n", self.address)
        self.until_ok(*by, "bootstrap")
        self.admin("health", "--wait-timeout", "4m", seconds=270)


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bare]:
    whole = Whole(f"grd-{os.getpid()}-reset", tmp_path_factory.mktemp("reset"))
    with destroyed_after(whole):
        whole.create("--workers", "0", "--subnet", SUBNET, "--skip-injecting-config")
        made = Bare(whole)
        url = f"https://{made.address}:6443"
        made.ichor("gen", "config", "reset", url, "-o", str(whole.directory / "made"))
        yield made


def test_a_reset_node_becomes_a_healthy_one_again(bare: Bare) -> None:
    bare.become_healthy()
    before = bare.admin("get", "nodename", "-o", "jsonpath={.metadata.created}")
    bare.admin("reset", "--reboot", "--timeout", "120s", seconds=150)
    bare.become_healthy()
    assert bare.admin("get", "nodename", "-o", "jsonpath={.metadata.created}") != before
