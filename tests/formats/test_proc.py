"""Texts of /proc and /dev/kmsg: known lines, this machine's own, and garbage."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import kmsg, mountinfo, procfs
from ichor.linux import procfs as reader

PARSERS: tuple[Callable[[str], object], ...] = (
    procfs.loadavg,
    procfs.uptime,
    procfs.meminfo,
    procfs.stat,
    procfs.diskstats,
    procfs.net_dev,
    procfs.cpuinfo,
    procfs.process_stat,
    mountinfo.parse,
    lambda text: kmsg.parse(text.encode()),
)


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text(alphabet="ab:;,() -\n\\/0123456789cpu", max_size=80))
def test_garbage_raises_format_errors_only(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except FormatError:
        return


def test_a_command_with_blanks_and_brackets_is_one_name() -> None:
    text = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 12 34 0 0 20 0 3 0 99 4096 5 18446744073709551615"
    seen = procfs.process_stat(text)
    assert (seen.pid, seen.comm, seen.parent, seen.threads) == (7, "a) b", 1, 3)
    assert (seen.user_ticks, seen.system_ticks, seen.start_ticks) == (12, 34, 99)
    assert (seen.virtual_bytes, seen.resident_pages) == (4096, 5)


def test_the_files_of_this_machine_are_read() -> None:
    import os

    assert reader.loadavg().total > 0
    assert reader.meminfo()["MemTotal"] > 0
    assert len(reader.stat().cpus) == len(reader.cpuinfo()) == os.cpu_count()
    assert any(link.name == "lo" for link in reader.net_dev())
    assert reader.uptime() > 0
    ours = next(each for each in reader.processes() if each.pid == os.getpid())
    assert ours.parent == os.getppid()
    assert "python" in ours.executable
    assert any(space.target == "/" for space in reader.mount_space())
    assert all(disk.name for disk in reader.diskstats())


def test_a_kernel_record_is_read() -> None:
    raw = rb"30,1185,98765432,-;ichor: caf\xc3\xa9 \x5c ready" + b"\n SUBSYSTEM=x\n"
    record = kmsg.parse(raw)
    assert record == (3, 6, 1185, 98765432, "ichor: café \\ ready")
    assert (record.facility_name, record.level_name) == ("daemon", "info")


@given(st.text(alphabet="ab \t\n\\0134"))
def test_names_of_mounts_survive_escaping(name: str) -> None:
    assert mountinfo.unescape(mountinfo.escape(name)) == name


def test_a_line_of_mountinfo_is_read() -> None:
    line = r"36 35 98:0 /mnt\0401 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=x"
    (entry,) = mountinfo.parse(line)
    assert (entry.id, entry.parent, entry.device) == (36, 35, "98:0")
    assert (entry.root, entry.target) == ("/mnt 1", "/mnt2")
    assert (entry.options, entry.tags) == (("rw", "noatime"), ("master:1", "shared:2"))
    assert (entry.fstype, entry.super_options) == ("ext3", ("rw", "errors=x"))
