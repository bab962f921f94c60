"""Namespaces can be removed whatever `ip netns` did meanwhile, and it finds them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ichor.provision.keeper import Ready

ROOT = Path(__file__).parents[2]
# In a mount namespace where nobody has used `ip netns` before: the first use covers /run/netns.
WORLD = """
import subprocess
from ichor.provision import name, network
path = name.hub("t")
network.make_namespace(path)
print(subprocess.check_output(["ip", "netns", "list"], text=True).split()[0])
subprocess.run(["ip", "netns", "add", "other"], check=True)
network.remove_namespace(path)
print(path.exists(), subprocess.check_output(["ip", "netns", "list"], text=True).split()[0])
"""


@pytest.mark.root
def test_a_namespace_is_removed_though_ip_netns_was_used_after_it_was_made() -> None:
    program = 'mount -t tmpfs tmpfs /run && exec $0 -c "$1"'
    argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", program]
    done = subprocess.run(
        [*argv, sys.executable, WORLD],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["ichor.t", "False other"]


def test_the_outcome_of_a_start_is_said_once_and_to_nobody_else(tmp_path: Path) -> None:
    told, tell = os.pipe()
    ready = Ready(tell)
    ready.say("ok")
    with (tmp_path / "other").open("wb") as other:
        assert other.fileno() == tell  # the number is another file's now
        ready.say("error: much later")
    assert (tmp_path / "other").read_bytes() == b""
    with os.fdopen(told) as pipe:
        assert pipe.read() == "ok"
