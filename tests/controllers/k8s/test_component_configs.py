"""What a generated configuration is shown as, kind by kind."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

from ichor.config import bundle, generate
from ichor.config.container import Config
from ichor.config.documents.kube_controller_manager import KubeControllerManagerConfig
from ichor.config.secret import Secret
from ichor.controllers.k8s import (
    component_configs,
    component_files,
    kubelet_status,
    manifests_config,
)
from ichor.cosi.resource import Spec
from ichor.resources.config.active import ActiveConfig
from ichor.resources.k8s.apiserver import APIServerConfig
from ichor.resources.k8s.apiserver_files import AdmissionControlConfig, AuthorizationConfig
from ichor.resources.k8s.bootstrap import BootstrapManifestsConfig
from ichor.resources.k8s.controlplane import ControllerManagerConfig
from ichor.resources.k8s.kubelet import KubeletSpec, KubeletStatus
from ichor.resources.k8s.static_pod import StaticPod
from ichor.resources.runtime.host import HostFacts
from ichor.resources.secrets.kubernetes import KubernetesRootSecret
from ichor.resources.v1alpha1.service import Service

ENDPOINT = "https://192.0.2.1:6443"
REQUEST = generate.Request(cluster_name="c", endpoint=ENDPOINT)
SECRETS = bundle.generate(now=datetime(2026, 1, 1, tzinfo=UTC), entropy=os.urandom)
PLANE = generate.control_plane(REQUEST, SECRETS)
WORKER = generate.worker(REQUEST, SECRETS)
HOST = HostFacts(is_container=True, cgroup_v1=True, restricts_oom=False)
POD = StaticPod(pod={"spec": {"containers": [{"command": ["kube-apiserver", "--a=b"]}]}})
S = TypeVar("S", bound=Spec)


def components(config: Config, pod: StaticPod | None = None) -> dict[str, Spec]:
    inputs = component_configs.Inputs(
        config=ActiveConfig(value=config),
        root=KubernetesRootSecret(endpoint=ENDPOINT),
        pods={"kube-apiserver": pod} if pod else {},
    )
    return dict(component_configs.reconcile(inputs))


def one(kind: type[S], found: Iterable[tuple[str, Spec]]) -> S:
    (spec,) = (spec for _, spec in found if isinstance(spec, kind))
    return spec


def test_components_are_shown_as_their_documents_say() -> None:
    found = components(PLANE)
    assert set(found) == {"kube-apiserver", "kube-controller-manager", "kube-scheduler"}
    server = one(APIServerConfig, found.items())
    assert server.control_plane_endpoint == ENDPOINT
    assert server.local_port == 6443
    assert server.service_cidr == ("10.96.0.0/12",)
    assert server.args == ()


def test_a_pod_that_was_rendered_shows_its_arguments() -> None:
    final = components(PLANE, POD)["final-kube-apiserver"]
    assert isinstance(final, APIServerConfig)
    assert final.args == ("--a=b",)
    assert final.image


def test_what_readers_may_see_has_no_values_of_an_environment() -> None:
    document = KubeControllerManagerConfig(image="i", env={"KEY": Secret("do not tell")})
    others = (one for one in PLANE.documents if not isinstance(one, KubeControllerManagerConfig))
    shown = one(ControllerManagerConfig, components(Config(documents=(*others, document))).items())
    assert shown.environment_variables == {"KEY": component_configs.HIDDEN}


def test_files_are_shown_with_the_defaults_that_hold() -> None:
    inputs = component_files.Inputs(config=ActiveConfig(value=PLANE))
    found = list(component_files.reconcile(inputs))
    admission = one(AdmissionControlConfig, found)
    authorization = one(AuthorizationConfig, found)
    assert [plugin.name for plugin in admission.config] == ["PodSecurity"]
    assert [each.type for each in authorization.config] == ["Node", "RBAC"]


def test_manifests_are_shown_with_what_they_are_rendered_from() -> None:
    inputs = manifests_config.Inputs(config=ActiveConfig(value=PLANE), host=HOST)
    shown = one(BootstrapManifestsConfig, manifests_config.reconcile(inputs))
    assert shown.proxy_enabled
    assert shown.core_dns_enabled
    assert shown.dns_service_ip == "10.96.0.10"
    assert shown.cni_name == "flannel"


def test_a_worker_has_no_control_plane_to_show() -> None:
    active = ActiveConfig(value=WORKER)
    assert components(WORKER) == {}
    assert list(component_files.reconcile(component_files.Inputs(config=active))) == []
    inputs = manifests_config.Inputs(config=active, host=HOST)
    assert list(manifests_config.reconcile(inputs)) == []


def test_a_kubelet_is_shown_while_it_runs() -> None:
    spec = KubeletSpec(image="kubelet:1")

    def shown(*, running: bool) -> list[tuple[str, KubeletStatus]]:
        service = Service(running=running)
        return list(kubelet_status.reconcile(kubelet_status.Inputs(spec=spec, service=service)))

    assert shown(running=True) == [("kubelet", KubeletStatus(image="kubelet:1"))]
    assert shown(running=False) == []
