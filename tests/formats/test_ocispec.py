import hashlib

import pytest

from ichor.controllers.etcd import container as etcd
from ichor.controllers.k8s import kubelet_container
from ichor.errors import FormatError
from ichor.formats import ociimage
from ichor.formats.jsonvalue import Object, at, objs, seq, texts
from ichor.formats.ocispec import ImageConfig, Mount, image_config, merged_env, render

IMAGE = ImageConfig(entrypoint=("/e",), env=("A=1", "B=2"))
ALL = ("CAP_CHOWN", "CAP_SYS_ADMIN")
ETCD = render(etcd.render("i", ("--x",), log_path="/l"), IMAGE, ALL)
KUBELET = render(kubelet_container.render("i", ("--y",), log_path="/l"), IMAGE, ALL)


def test_a_service_has_no_capability_no_new_privileges_and_a_read_only_root() -> None:
    assert at(ETCD, "process", "capabilities", "bounding") == []
    assert at(ETCD, "process", "noNewPrivileges") is True
    assert at(ETCD, "root", "readonly") is True
    assert at(ETCD, "process", "user", "uid") == 60
    assert texts(ETCD, "process", "args") == ("etcd", "--x")
    assert "/proc/kcore" in texts(ETCD, "linux", "maskedPaths")
    assert at(ETCD, "linux", "resources", "devices") == [{"allow": False, "access": "rwm"}]


def test_every_service_shares_the_hosts_network() -> None:
    for spec in (ETCD, KUBELET):
        kinds = {item["type"] for item in objs(spec, "linux", "namespaces")}
        assert "network" not in kinds
        assert "mount" in kinds


def test_the_kubelet_sees_the_machine_and_its_mounts_reach_pods() -> None:
    kinds = {item["type"] for item in objs(KUBELET, "linux", "namespaces")}
    assert kinds == {"mount", "ipc"}
    assert texts(KUBELET, "process", "capabilities", "effective") == ALL
    mounts = {mount["destination"]: mount for mount in objs(KUBELET, "mounts")}
    assert "rshared" in seq(mounts["/var/lib/kubelet"], "options")
    assert at(KUBELET, "linux", "rootfsPropagation") == "rshared"
    assert at(KUBELET, "process", "oomScoreAdj") == -450
    restricted = kubelet_container.render("i", (), log_path="", restrict_oom=True)
    assert restricted.oom_score_adj is None


def test_a_users_mount_comes_after_ours() -> None:
    mine = Mount(destination="/etc/cni", source="/var/cni")
    spec = kubelet_container.render("i", (), log_path="", extra_mounts=(mine,))
    assert spec.mounts[-1] == mine


def test_our_variables_win_and_a_path_is_always_there() -> None:
    assert merged_env(("A=1", "B=2"), ("B=3", "C=4")) == ("A=1", "B=3", "C=4")
    assert texts(ETCD, "process", "env")[0].startswith("PATH=")


def test_an_image_says_how_it_is_run() -> None:
    config = image_config(
        {"config": {"Entrypoint": ["/a"], "Env": ["X=1"]}, "rootfs": {"diff_ids": ["sha256:1"]}}
    )
    assert config.entrypoint == ("/a",)
    assert config.cwd == "/"
    assert config.diff_ids == ("sha256:1",)


def test_a_chain_id_hashes_layer_upon_layer() -> None:
    assert ociimage.chain_id(["sha256:a"]) == "sha256:a"
    two = "sha256:" + hashlib.sha256(b"sha256:a sha256:b").hexdigest()
    assert ociimage.chain_id(["sha256:a", "sha256:b"]) == two
    with pytest.raises(FormatError):
        ociimage.chain_id([])


def test_the_manifest_for_this_machine_is_found() -> None:
    index: Object = {
        "manifests": [
            {"digest": "1", "platform": {"os": "linux", "architecture": "arm64"}},
            {"digest": "2", "platform": {"os": "linux", "architecture": "amd64"}},
        ]
    }
    assert ociimage.manifest_digest(index, "amd64") == "2"
    assert ociimage.manifest_digest({"manifests": [{"digest": "3"}]}, "amd64") == "3"
    with pytest.raises(FormatError):
        ociimage.manifest_digest(index, "riscv64")
