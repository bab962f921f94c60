"""ControlPlane: the three components as static pods.

    config/ActiveConfig                               ─┐
    controlplane/SecretStatus, ConfigStatus            ─┼─► k8s/StaticPod "kube-*"
    etcd/EtcdStart, controlplane/ManifestStatus        ─┘

No pod before its files are on the disk and etcd is about to start: one that starts earlier only
fails and waits longer. The others come once the API server is ready: before it knows their
roles they end with an error, and the kubelet makes them wait ten seconds for each.

Once there, a pod stays while etcd is away: the API server reconnects by itself, and serves its
caches meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.kube_apiserver import KubeAPIServerConfig
from ichor.config.documents.kube_authentication import KubeAuthenticationConfig
from ichor.config.documents.kube_controller_manager import KubeControllerManagerConfig
from ichor.config.documents.kube_resources import Resources as ConfigResources
from ichor.config.documents.kube_scheduler import KubeSchedulerConfig
from ichor.config.secret import Secret
from ichor.controllers.k8s import apiserver, controller_manager, scheduler
from ichor.controllers.k8s.config_files import plain
from ichor.controllers.k8s.static_pod import Resources, Versions
from ichor.cosi.controller import Get, Out, Transform
from ichor.formats.jsonvalue import Object
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.etcd.start import START_ID, EtcdStart
from ichor.resources.k8s.controlplane import ConfigStatus, SecretStatus
from ichor.resources.k8s.ids import (
    CONFIG_STATUS_STATIC_POD_ID,
    CONTROL_PLANE_NAMESPACE_NAME,
    MANIFEST_STATUS_ID,
    STATIC_POD_SECRETS_STATIC_POD_ID,
)
from ichor.resources.k8s.manifest import ManifestStatus
from ichor.resources.k8s.static_pod import StaticPod
from ichor.resources.secrets.ids import KUBERNETES_ROOT_ID
from ichor.resources.secrets.kubernetes import KubernetesRootSecret

Arguments = Mapping[str, str | tuple[str, ...]]


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    root: Annotated[KubernetesRootSecret, Get("secrets", KUBERNETES_ROOT_ID)]
    secrets: Annotated[
        SecretStatus, Get(CONTROL_PLANE_NAMESPACE_NAME, STATIC_POD_SECRETS_STATIC_POD_ID)
    ]
    files: Annotated[ConfigStatus, Get(CONTROL_PLANE_NAMESPACE_NAME, CONFIG_STATUS_STATIC_POD_ID)]
    etcd: Annotated[EtcdStart, Get("etcd", START_ID)]
    manifests: Annotated[
        ManifestStatus | None, Get(CONTROL_PLANE_NAMESPACE_NAME, MANIFEST_STATUS_ID)
    ] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, StaticPod]]:
    config = inputs.config.value
    versions = Versions(secrets=inputs.secrets.version, config_file=inputs.files.version)
    for name, render in PODS.items():
        pod = render(config, inputs.root, versions)
        may_run = name == apiserver.NAME or inputs.manifests is not None
        if pod is not None and may_run:
            yield name, StaticPod(pod=pod)


def api_server(config: Config, root: KubernetesRootSecret, versions: Versions) -> Object | None:
    document = config.one(KubeAPIServerConfig)
    if document is None:
        return None
    return apiserver.render(
        apiserver.Inputs(
            image=document.image,
            local_port=document.api_port,
            service_cidrs=config.network.service_subnets,
            service_account_issuers=(root.issuer_url, *root.accepted_issuers),
            api_audiences=root.api_audiences or (root.issuer_url,),
            extra_args=lists(document.extra_args),
            environment=shown(document.env),
            resources=resources(document.resources),
            startup_probes=document.startup_probes,
            authentication_config=config.one(KubeAuthenticationConfig) is not None,
            versions=versions,
        )
    )


def manager(config: Config, root: KubernetesRootSecret, versions: Versions) -> Object | None:
    document = config.one(KubeControllerManagerConfig)
    if document is None or not document.enabled:
        return None
    return controller_manager.render(
        controller_manager.Inputs(
            image=document.image,
            pod_cidrs=config.network.pod_subnets,
            service_cidrs=config.network.service_subnets,
            node_cidr_mask_ipv4=config.network.node_cidr_mask_size_ipv4,
            node_cidr_mask_ipv6=config.network.node_cidr_mask_size_ipv6,
            extra_args=lists(document.extra_args),
            environment=shown(document.env),
            resources=resources(document.resources),
            versions=versions,
        )
    )


def scheduling(config: Config, root: KubernetesRootSecret, versions: Versions) -> Object | None:
    document = config.one(KubeSchedulerConfig)
    if document is None or not document.enabled:
        return None
    return scheduler.render(
        scheduler.Inputs(
            image=document.image,
            config=plain(document.config),
            extra_args=lists(document.extra_args),
            environment=shown(document.env),
            resources=resources(document.resources),
            versions=versions,
        )
    )


def lists(given: Arguments) -> Mapping[str, Sequence[str]]:
    return {name: (value,) if isinstance(value, str) else value for name, value in given.items()}


def shown(env: Mapping[str, Secret]) -> Mapping[str, str]:
    return {name: value.reveal() for name, value in env.items()}


def resources(given: ConfigResources) -> Resources:
    return Resources(requests=given.requests, limits=given.limits)


PODS = {
    apiserver.NAME: api_server,
    controller_manager.NAME: manager,
    scheduler.NAME: scheduling,
}
control_plane = Transform(
    name="k8s.ControlPlane", inputs=Inputs, outputs=[Out(StaticPod)], reconcile=reconcile
)
