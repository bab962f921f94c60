import pytest
from tests.config import samples

from ichor.config.container import Config
from ichor.config.documents.image_cache import ImageCacheConfig as Document
from ichor.config.documents.image_cache import LocalCache
from ichor.config.documents.kubelet import KubeletConfig
from ichor.config.versions import image
from ichor.controllers.cri.image_cache import (
    ID,
    UID,
    Inputs,
    ServiceInputs,
    reconcile,
    service,
)
from ichor.controllers.etcd.spec import ConfigInputs
from ichor.controllers.etcd.spec import config as etcd_config
from ichor.resources.config.active import ActiveConfig
from ichor.resources.cri.image_cache import ImageCacheConfig
from ichor.resources.cri.kinds import ImageCacheStatus
from ichor.resources.runtime.mount import MountStatus
from ichor.resources.runtime.service_spec import Daemon, ServiceSpec
from ichor.resources.runtime.service_status import HealthStatus

DISABLED, PREPARING, READY = (
    ImageCacheStatus.DISABLED,
    ImageCacheStatus.PREPARING,
    ImageCacheStatus.READY,
)
DISK, ISO = "/system/imagecache/disk", "/system/imagecache/iso"


def configured(*, enabled: bool) -> ActiveConfig:
    document = Document(local=LocalCache(enabled=enabled))
    return ActiveConfig(value=Config(documents=(document,)))


@pytest.mark.parametrize(
    ("enabled", "volumes", "healthy", "status", "roots"),
    [
        pytest.param(False, {"IMAGECACHE": DISK}, True, DISABLED, (), id="not asked for"),
        pytest.param(True, {}, True, PREPARING, (), id="nothing there"),
        pytest.param(True, {"IMAGECACHE": DISK}, False, PREPARING, (DISK,), id="not served yet"),
        pytest.param(True, {"IMAGECACHE": DISK}, True, READY, (DISK,), id="served"),
        pytest.param(
            True, {"IMAGECACHE": DISK, "IMAGECACHE-ISO": ISO}, True, READY, (DISK, ISO), id="both"
        ),
    ],
)
def test_the_cache_is_ready_when_it_is_wanted_there_and_served(
    enabled: bool,
    volumes: dict[str, str],
    healthy: bool,
    status: ImageCacheStatus,
    roots: tuple[str, ...],
) -> None:
    found = dict(
        reconcile(
            Inputs(
                config=configured(enabled=enabled),
                volumes={name: MountStatus(target=target) for name, target in volumes.items()},
                health=HealthStatus(healthy=healthy, unknown=False),
            )
        )
    )["image-cache"]
    assert (found.status, found.roots) == (status, roots)


def test_without_a_configuration_nothing_is_said() -> None:
    assert list(reconcile(Inputs(volumes={"IMAGECACHE": MountStatus(target=DISK)}))) == []


def test_registryd_runs_confined_over_the_roots_and_only_if_there_are_any() -> None:
    assert list(service(ServiceInputs(cache=ImageCacheConfig()))) == []
    specs = [spec for _, spec in service(ServiceInputs(cache=ImageCacheConfig(roots=(DISK,))))]
    spec = specs[0]
    assert isinstance(spec, ServiceSpec)
    assert spec.id == ID
    assert spec.program == Daemon(entry="ichor.apps.registryd.main:main", arguments=(DISK,))
    held = spec.confinement
    assert (held.uid, held.gid, held.capabilities, held.no_new_privs) == (UID, UID, (), True)
    assert held.seccomp == "network-daemon"
    assert spec.resources.memory_max == 128 << 20


@pytest.mark.parametrize(
    ("kubelet", "etcd"),
    [
        ("ichor.local/kubelet:v1", image("etcd")),
        ("ghcr.io/siderolabs/kubelet:v1", image("etcd", "pull")),
        ("mirror.example/ichor.local/kubelet:v1", image("etcd", "pull")),
    ],
)
def test_an_image_that_nothing_names_comes_whence_the_kubelets_does(
    kubelet: str, etcd: str
) -> None:
    documents = [
        KubeletConfig(image=kubelet) if isinstance(each, KubeletConfig) else each
        for each in samples.control_plane().documents
    ]
    active = ActiveConfig(value=Config(documents=tuple(documents)))
    found = dict(etcd_config(ConfigInputs(config=active)))
    assert [spec.image for spec in found.values()] == [etcd]
