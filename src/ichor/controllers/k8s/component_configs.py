"""ComponentConfigs: what the control plane's components were made of, to be looked at.

    config/ActiveConfig, secrets/KubernetesRootSecret ─► controlplane/APIServerConfig,
    k8s/StaticPod (their arguments)                      ControllerManagerConfig, SchedulerConfig

Each stands twice, as the interface has it: as the documents say, and `final-` with the arguments
of the pod that was rendered from them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, cast

from msgspec import Struct
from msgspec.structs import replace

from ichor.config.container import Config
from ichor.config.documents.kube_apiserver import KubeAPIServerConfig
from ichor.config.documents.kube_authentication import KubeAuthenticationConfig
from ichor.config.documents.kube_controller_manager import KubeControllerManagerConfig
from ichor.config.documents.kube_resources import Resources as ConfigResources
from ichor.config.documents.kube_scheduler import KubeSchedulerConfig
from ichor.controllers.k8s import apiserver, controller_manager
from ichor.controllers.k8s.config_files import plain
from ichor.controllers.k8s.control_plane import Arguments, lists, shown
from ichor.cosi.controller import All, Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.formats.jsonvalue import Object, objs, texts
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.apiserver import APIServerConfig, ArgValues, Resources
from ichor.resources.k8s.controlplane import ControllerManagerConfig, SchedulerConfig
from ichor.resources.k8s.ids import (
    API_SERVER_CONFIG_ID,
    CONTROLLER_MANAGER_CONFIG_ID,
    FINAL_PREFIX,
    SCHEDULER_CONFIG_ID,
)
from ichor.resources.k8s.static_pod import StaticPod
from ichor.resources.secrets.ids import KUBERNETES_ROOT_ID
from ichor.resources.secrets.kubernetes import KubernetesRootSecret

HIDDEN = "(hidden)"  # readers see these kinds, and an environment may hold secrets


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    root: Annotated[KubernetesRootSecret, Get("secrets", KUBERNETES_ROOT_ID)]
    pods: Annotated[Mapping[str, StaticPod], All("k8s")] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    config = inputs.config.value
    if not config.is_control_plane or not config.has_kubernetes:
        return
    for id, spec in (
        (API_SERVER_CONFIG_ID, api_server(config, inputs.root)),
        (CONTROLLER_MANAGER_CONFIG_ID, manager(config)),
        (SCHEDULER_CONFIG_ID, scheduler(config)),
    ):
        if spec is not None:
            yield id, spec
            if id in inputs.pods:
                yield f"{FINAL_PREFIX}{id}", replace(spec, args=arguments(inputs.pods[id]))


def api_server(config: Config, root: KubernetesRootSecret) -> APIServerConfig | None:
    document = config.one(KubeAPIServerConfig)
    if document is None:
        return None
    return APIServerConfig(
        image=document.image,
        control_plane_endpoint=root.endpoint,
        etcd_servers=apiserver.ETCD_SERVERS,
        local_port=document.api_port,
        service_cidr=config.network.service_subnets,
        extra_args=values(document.extra_args),
        environment_variables=shown(document.env),
        advertised_address=apiserver.ADVERTISED,
        resources=resources(document.resources),
        startup_probes_enabled=document.startup_probes,
        use_authentication_config=config.one(KubeAuthenticationConfig) is not None,
    )


def manager(config: Config) -> ControllerManagerConfig | None:
    document = config.one(KubeControllerManagerConfig)
    if document is None:
        return None
    return ControllerManagerConfig(
        enabled=document.enabled,
        image=document.image,
        pod_cidrs=config.network.pod_subnets,
        service_cidrs=config.network.service_subnets,
        extra_args=values(document.extra_args),
        environment_variables=dict.fromkeys(document.env, HIDDEN),
        resources=resources(document.resources),
        node_cidr_mask_size_ipv4=controller_manager.MASK_IPV4,
        node_cidr_mask_size_ipv6=controller_manager.MASK_IPV6,
    )


def scheduler(config: Config) -> SchedulerConfig | None:
    document = config.one(KubeSchedulerConfig)
    if document is None:
        return None
    return SchedulerConfig(
        enabled=document.enabled,
        image=document.image,
        extra_args=values(document.extra_args),
        config=plain(document.config),
        environment_variables=dict.fromkeys(document.env, HIDDEN),
        resources=resources(document.resources),
    )


def values(given: Arguments) -> Mapping[str, ArgValues]:
    return {name: ArgValues(values=tuple(each)) for name, each in lists(given).items()}


def resources(given: ConfigResources) -> Resources:
    return Resources(requests=given.requests, limits=given.limits)


def arguments(pod: StaticPod) -> Sequence[str]:
    """Give the arguments of a component's one container, without its name."""
    (container,) = objs(cast("Object", pod.pod), "spec", "containers")
    return texts(container, "command")[1:]


component_configs = Transform(
    name="k8s.ComponentConfigs",
    inputs=Inputs,
    outputs=[Out(APIServerConfig), Out(ControllerManagerConfig), Out(SchedulerConfig)],
    reconcile=reconcile,
)
