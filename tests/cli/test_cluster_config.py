"""What nodes of a planned cluster are told, without making one."""

from pathlib import Path

import pytest

from ichor.cli import cluster_config
from ichor.config.decode import decode
from ichor.config.documents.hostname import HostnameConfig
from ichor.config.documents.kube_controller_manager import KubeControllerManagerConfig
from ichor.config.documents.kubelet import KubeletConfig
from ichor.config.validate import validate
from ichor.config.versions import image
from ichor.errors import InputError
from ichor.provision.accelerator import SLOWNESS
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster, Machine


def planned(planes: int = 1) -> Cluster:
    request = Request(name="dev", root=Path("/image"), control_planes=planes)
    return plan(request, free=lambda _: True)


def virtual(accelerator: str) -> Cluster:
    machine = Machine(image="/disk", accelerator=accelerator)
    return plan(Request(name="dev", root=Path("/image"), machine=machine), free=lambda _: True)


def test_every_node_is_told_its_name_and_role() -> None:
    told = cluster_config.tell(planned(), "build")
    for name, kind in (("dev-controlplane-1", "controlplane"), ("dev-worker-1", "worker")):
        config = decode(told.userdata[name])
        hostname = config.one(HostnameConfig)
        assert hostname is not None
        assert hostname.hostname == name
        assert config.main is not None
        assert config.main.machine.type == kind


def test_the_endpoint_of_one_is_its_own_and_of_several_the_hubs() -> None:
    assert cluster_config.endpoint(planned()) == "https://10.5.0.2:6443"
    assert cluster_config.endpoint(planned(3)) == "https://10.5.0.1:6443"


def test_the_administrator_goes_through_forwarders_to_all_nodes() -> None:
    cluster = planned(3)
    context = cluster_config.tell(cluster, "build").talosconfig.current()
    ports = [node.forward("api") for node in cluster.nodes[:3]]
    assert context.endpoints == tuple(f"127.0.0.1:{port}" for port in ports)
    assert context.nodes == tuple(node.address for node in cluster.nodes)


def test_nodes_run_the_images_that_were_built() -> None:
    text = cluster_config.tell(planned(), "build").userdata["dev-worker-1"].decode()
    assert image("kubelet") in text


def test_a_full_disk_of_the_host_is_no_trouble_of_a_nodes() -> None:
    for text in cluster_config.tell(planned(), "build").userdata.values():
        kubelet = decode(text).one(KubeletConfig)
        assert kubelet is not None
        limits = kubelet.config["evictionHard"]
        assert isinstance(limits, dict)
        assert limits["nodefs.available"] == limits["imagefs.available"] == "500Mi"
        assert kubelet.config["imageGCHighThresholdPercent"] == 100


def test_a_node_is_told_of_its_cache_of_images_only_if_it_has_one() -> None:
    request = Request(name="dev", root=Path("/image"), image_cache=Path("/cache"))
    cached = plan(request, free=lambda _: True)
    for cluster, has_one in ((planned(), False), (cached, True)):
        for text in cluster_config.tell(cluster, "build").userdata.values():
            assert decode(text).has_image_cache is has_one


def test_a_patch_is_laid_over_every_node(tmp_path: Path) -> None:
    patch = tmp_path / "patch.yaml"
    patch.write_text("apiVersion: v1alpha1\nkind: KubePrismConfig\nport: 7999\n")
    told = cluster_config.tell(planned(), "build", [patch])
    assert all(b"port: 7999" in text for text in told.userdata.values())


def test_a_patch_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        cluster_config.tell(planned(), "build", [tmp_path / "none.yaml"])


def test_machines_that_are_emulated_wait_longer_for_one_another() -> None:
    told = cluster_config.tell(virtual("tcg"), "build").userdata["dev-controlplane-1"]
    config = decode(told)
    assert not validate(config, "metal").errors
    manager, kubelet = config.one(KubeControllerManagerConfig), config.one(KubeletConfig)
    assert manager is not None
    assert manager.extra_args["leader-elect-lease-duration"] == f"{15 * SLOWNESS['tcg']}s"
    assert kubelet is not None
    assert dict(kubelet.config) == {"nodeLeaseDurationSeconds": 40 * SLOWNESS["tcg"]}
    assert config.main is not None
    assert config.main.cluster.etcd is not None
    assert config.main.cluster.etcd.extra_args["heartbeat-interval"] == str(100 * SLOWNESS["tcg"])


def test_machines_of_iron_keep_the_defaults_of_kubernetes() -> None:
    config = decode(cluster_config.tell(virtual("kvm"), "build").userdata["dev-controlplane-1"])
    kubelet = config.one(KubeletConfig)
    assert kubelet is not None
    assert not kubelet.config
    assert config.main is not None
    assert config.main.cluster.etcd is not None
    assert not config.main.cluster.etcd.extra_args


@pytest.mark.parametrize("medium", [{"iso": "/x.iso"}, {"netboot": "/pxe"}, {}])
def test_machines_that_start_from_a_medium_are_told_where_to_install(
    medium: dict[str, str],
) -> None:
    machine = Machine(image="", **medium)  # type: ignore[arg-type] # texts, all of them
    cluster = plan(Request(name="dev", root=Path(), machine=machine), free=lambda _: True)
    config = decode(cluster_config.tell(cluster, "build").userdata["dev-worker-1"])
    assert not validate(config, "metal").errors
    assert config.main is not None
    install = config.main.machine.install
    assert (install.disk if install else "") == ("/dev/vda" if medium else "")
