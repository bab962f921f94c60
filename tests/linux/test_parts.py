"""Small parts: bells, logs, waiting for descriptors, watching the mount table."""

import asyncio
import os
from pathlib import Path

import pytest
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.cosi.wakes import Wakes
from ichor.linux.logs import LogFile, Pump
from ichor.linux.mount import KernelMounts
from ichor.linux.process import readable
from ichor.linux.sysctl import path_of
from ichor.ports.mount import Attach


async def _wakes() -> None:
    bell = Wakes()
    one, two = bell.listen(), bell.listen()
    bell.ring()
    bell.ring()
    await anext(one)
    await anext(two)
    again = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    assert not again.done()
    bell.ring()
    await again


def test_every_listener_hears_a_ring_once() -> None:
    asyncio.run(_wakes())


def test_a_log_is_rotated_at_its_bound_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "etcd.log"
    log = LogFile(path, limit=10)
    log.write(b"12345\n")
    log.close()
    log = LogFile(path, limit=10)
    log.write(b"6789\nx")
    assert path.read_bytes() == b"6789\nx"
    assert path.with_name("etcd.log.1").read_bytes() == b"12345\n"
    log.close()


def test_a_link_in_place_of_a_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        LogFile(tmp_path / "log").write(b"x")


def test_a_pump_carries_all_until_the_writer_ends(tmp_path: Path) -> None:
    async def live() -> None:
        log = LogFile(tmp_path / "log")
        pump = Pump(log)
        os.write(pump.write_end, b"one\ntwo\n")
        pump.close_write_end()
        await pump.ended
        log.close()

    asyncio.run(live())
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_a_descriptor_is_waited_for() -> None:
    async def live() -> None:
        read, write = os.pipe()
        waiting = asyncio.ensure_future(readable(read))
        await asyncio.sleep(0)
        assert not waiting.done()
        os.write(write, b"x")
        await waiting
        os.close(read)
        os.close(write)

    asyncio.run(live())


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"),
        ("proc.sys.net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.1/mtu", "/proc/sys/net/ipv4/conf/eth0.1/mtu"),
        ("net.ipv4.conf.eth0/1.mtu", "/proc/sys/net/ipv4/conf/eth0.1/mtu"),
        ("sys.kernel.mm.ksm.run", "/sys/kernel/mm/ksm/run"),
    ],
)
def test_a_parameter_is_at(key: str, path: str) -> None:
    assert path_of(key) == Path(path)


def mount_scenario() -> None:
    async def live() -> None:
        mounts = KernelMounts()
        wakes = mounts.wakes()
        for _ in range(2):
            woken = asyncio.ensure_future(anext(wakes))
            await asyncio.sleep(0)
            mounts.apply(Attach(target="/srv", fstype="tmpfs", source="tmpfs"))
            async with asyncio.timeout(10):
                await woken

    asyncio.run(live())


@pytest.mark.root
def test_a_change_of_the_mount_table_wakes() -> None:
    fresh(mount_scenario, *ALONE)
