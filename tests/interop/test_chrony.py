"""Our client and Debian's chronyd, in a network namespace of their own."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh
from tests.interop.clock_client import Shifted, followed

from ichor.linux.network import KernelNetwork
from ichor.ports.network import SetLink

pytestmark = pytest.mark.interop
CHRONYD = Path(__file__).parents[2] / ".venv/debian/usr/sbin/chronyd"
CONFIGURATION = """
local stratum 5
allow all
port 123
cmdport 0
pidfile {directory}/chronyd.pid
driftfile {directory}/drift
"""


@contextmanager
def chronyd() -> Iterator[None]:
    directory = Path("/run/chrony")  # of this mount namespace's own /run
    directory.mkdir(mode=0o700, exist_ok=True)
    file = directory / "chrony.conf"
    file.write_text(CONFIGURATION.format(directory=directory))
    # -x: it does not touch this host's clock
    argv = [str(CHRONYD), "-d", "-x", "-u", "root", "-F", "0", "-f", str(file)]
    with subprocess.Popen(argv, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True) as run:
        try:
            yield
        finally:
            run.terminate()
            run.wait(10)


def scenario() -> None:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    KernelNetwork().apply(SetLink(name="lo", up=True))
    with chronyd():
        ahead = Shifted(3600.0)
        seen = asyncio.run(followed(ahead, ("127.0.0.1", "192.0.2.1")))
        assert (seen.synced, seen.epoch) == (True, 1), seen
        assert abs(ahead.off) < 0.02, ahead.off
        near = Shifted(0.05)
        seen = asyncio.run(followed(near, ("127.0.0.1",)))
        assert (seen.synced, seen.epoch) == (True, 0), seen
        assert abs(near.slews[0] + 0.05) < 0.02, near.slews
    print(f"set by {3600 - ahead.off:.6f} s, steered by {near.slews[0]:.6f} s")


def silence_scenario() -> None:
    KernelNetwork().apply(SetLink(name="lo", up=True))
    alone = Shifted(60.0)
    began = time.monotonic()
    seen = asyncio.run(followed(alone, ("127.0.0.1",), patience_s=0.2))
    assert (seen.synced, seen.gave_up, alone.off) == (False, True, 60.0)
    assert time.monotonic() - began < 20


def test_a_clock_that_is_off_is_set_and_one_that_is_near_is_steered() -> None:
    assert CHRONYD.exists(), "no chronyd: run tools/setup.sh vm"
    assert os.geteuid() == 0
    print(fresh(scenario, *ALONE))


def test_who_is_silent_is_waited_for_as_long_as_was_said() -> None:
    fresh(silence_scenario, *ALONE)
