"""What is looked at before anything is made, and the text of what would be."""

import ipaddress
from pathlib import Path

from ichor.provision import egress, preflight
from ichor.provision.provisioner import Request, plan

ROUTES = """\
Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
"""
MOUNTS = """\
24 1 254:0 / / rw - ext4 /dev/vda rw
30 24 0:30 / /home rw - overlay overlay rw
31 30 254:1 / /home/disk rw - xfs /dev/vdb rw
"""


def test_host_routes_are_read_without_the_default() -> None:
    assert preflight.host_networks(ROUTES) == [ipaddress.ip_network("192.0.2.0/24")]


def test_missing_file_systems_are_named() -> None:
    assert preflight.missing_file_systems("nodev\ttmpfs\n\text4\n\tsquashfs\n") == [
        "overlay",
        "proc",
        "sysfs",
        "mqueue",
        "devpts",
    ]


def test_the_nearest_mount_point_holds_a_path() -> None:
    kinds = [preflight.file_system_of(Path(path), MOUNTS) for path in ("/var", "/home", "/home/x")]
    assert kinds == ["ext4", "overlay", "overlay"]
    assert preflight.file_system_of(Path("/home/disk/a"), MOUNTS) == "xfs"
    assert preflight.file_system_of(Path("/homer"), MOUNTS) == "ext4"


def test_the_table_masquerades_one_subnet_and_guards_only_what_it_opened() -> None:
    cluster = plan(Request(name="a-b", root=Path("/image")), free=lambda _: True)
    guarded = egress.ruleset(cluster, only_clusters=True)
    assert "table ip ichor_a_b" in guarded
    assert "ip saddr 10.5.0.0/24" in guarded
    assert 'iifname != "ich*" oifname != "ich*" drop' in guarded
    assert " drop" not in egress.ruleset(cluster, only_clusters=False)


def test_only_name_servers_that_nodes_can_reach_are_passed_on() -> None:
    text = "# x\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nnameserver ::1\nsearch a\n"
    assert egress.resolvers(text) == ["192.0.2.1"]
