"""Cgroup hierarchies, read from what version 1, version 2 and hybrid hosts show."""

from pathlib import Path

from ichor.provision.cgroup import parse

V1 = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw shared:9 - cgroup cgroup rw,xattr,name=systemd
"""
UNIFIED = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
OWN_V1 = "4:memory:/session/1\n3:cpu,cpuacct:/\n2:name=systemd:/user\n0::/\n"


def test_on_version_1_nodes_live_below_our_own_cgroup() -> None:
    found = {one.options: one for one in parse(V1, OWN_V1)}
    assert set(found) == {"cpu,cpuacct", "memory", "name=systemd"}
    assert found["memory"].parent == Path("/sys/fs/cgroup/memory/session/1")
    assert found["cpu,cpuacct"].parent == Path("/sys/fs/cgroup/cpu,cpuacct")
    assert found["name=systemd"].parent == Path("/sys/fs/cgroup/systemd/user")
    assert not any(one.is_v2 for one in found.values())


def test_a_hybrid_host_has_both() -> None:
    found = parse(V1 + UNIFIED, OWN_V1)
    assert [one.is_v2 for one in found] == [False, False, False, True]


def test_on_version_2_nodes_live_below_the_root_for_ours_has_processes() -> None:
    (found,) = parse(V2, "0::/user.slice/session.scope\n")
    assert found.is_v2
    assert found.parent == Path("/sys/fs/cgroup")


def test_a_hierarchy_mounted_from_inside_is_relative_to_what_is_mounted() -> None:
    line = V1.splitlines(keepends=True)[2].replace(" / ", " /session ")
    (found,) = parse(line, "4:memory:/session/1\n")
    assert found.parent == Path("/sys/fs/cgroup/memory/1")
    (outside,) = parse(line, "4:memory:/other\n")
    assert outside.parent == Path("/sys/fs/cgroup/memory")
