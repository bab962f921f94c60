"""What is looked at before anything is made, and the text of what would be."""

import ipaddress
import shutil
from pathlib import Path

import pytest

from ichor.errors import InputError
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


def test_a_cache_of_images_is_an_oci_layout(tmp_path: Path) -> None:
    cluster = plan(Request(name="x", root=tmp_path, image_cache=tmp_path), lambda _: True)
    with pytest.raises(InputError, match=r"no OCI layout.*cache-create"):
        preflight.check_image_cache(cluster)
    for name in ("oci-layout", "index.json"):
        (tmp_path / name).touch()
    preflight.check_image_cache(cluster)


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


def test_a_way_out_that_would_hide_a_route_of_the_host_is_refused() -> None:
    cluster = plan(Request(name="dev", root=Path("/image")), free=lambda _: True)
    preflight.check_routes(cluster, [ipaddress.IPv4Network("192.0.2.0/24")])
    with pytest.raises(InputError, match=r"10.5.0.0/24 overlaps the host's route to 10.0.0.0/8"):
        preflight.check_routes(cluster, [ipaddress.IPv4Network("10.0.0.0/8")])
    with pytest.raises(InputError, match="the link"):
        preflight.check_routes(cluster, [ipaddress.IPv4Network("100.64.0.0/10")])


def test_only_root_with_its_capabilities_may_make_nodes() -> None:
    full, none = "CapEff:\t000001fffeffffff\n", "CapEff:\t0000000000000000\n"
    assert preflight.may_make_nodes(0, full)
    assert not preflight.may_make_nodes(0, none)
    assert not preflight.may_make_nodes(1000, full)


def test_only_name_servers_that_nodes_can_reach_are_passed_on() -> None:
    text = "# x\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nnameserver ::1\nsearch a\n"
    assert egress.resolvers(text) == ["192.0.2.1"]


def test_a_cluster_without_room_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICHOR_STATE", str(tmp_path / "not there yet"))
    cluster = plan(Request(name="x", root=tmp_path, workers=2), lambda _: True)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=(3 << 30) - 1))
    with pytest.raises(InputError, match=r"3\.2 GB needed"):
        preflight.check_room(cluster)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=3 << 30))
    preflight.check_room(cluster)
