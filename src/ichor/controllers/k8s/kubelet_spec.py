"""KubeletSpec: which kubelet runs here.

config/ActiveConfig, k8s/Nodename, k8s/NodeIP ─┐
k8s/StaticPodServerStatus, runtime/HostFacts  ─┴─► k8s/KubeletSpec "kubelet"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.config.documents.kubelet import KubeletConfig
from ichor.controllers.k8s import kubelet_args, kubelet_config
from ichor.controllers.k8s.config_files import plain
from ichor.controllers.k8s.control_plane import lists
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.k8s.ids import (
    KUBELET_ID,
    NODENAME_ID,
    STATIC_POD_SERVER_STATUS_RESOURCE_ID,
)
from ichor.resources.k8s.kubelet import KubeletSpec
from ichor.resources.k8s.node import NodeIP, Nodename
from ichor.resources.k8s.static_pod import StaticPodServerStatus
from ichor.resources.runtime.host import ID as HOST_ID
from ichor.resources.runtime.host import HostFacts


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", CONFIG_ID)]
    nodename: Annotated[Nodename, Get("k8s", NODENAME_ID)]
    node_ips: Annotated[NodeIP, Get("k8s", KUBELET_ID)]
    server: Annotated[StaticPodServerStatus, Get("k8s", STATIC_POD_SERVER_STATUS_RESOURCE_ID)]
    host: Annotated[HostFacts, Get("runtime", HOST_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, KubeletSpec]]:
    document = inputs.config.value.one(KubeletConfig)
    if document is None or not inputs.node_ips.addresses:
        return
    args = kubelet_args.render(
        kubelet_args.Inputs(
            nodename=inputs.nodename.nodename,
            node_ips=inputs.node_ips.addresses,
            extra_args=lists(document.extra_args),
        )
    )
    yield (
        KUBELET_ID,
        KubeletSpec(
            image=document.image,
            args=args,
            expected_nodename=inputs.nodename.nodename,
            config=dict(kubelet_config.render(configuration(inputs, document))),
        ),
    )


def configuration(inputs: Inputs, document: KubeletConfig) -> kubelet_config.Inputs:
    config, host = inputs.config.value, inputs.host
    node = config.one(KubeNodeConfig)
    return kubelet_config.Inputs(
        config=plain(document.config),
        extra_args=lists(document.extra_args),
        cluster_dns=document.cluster_dns
        or kubelet_config.dns_addresses(config.network.service_subnets),
        cluster_domain=config.network.dns_domain,
        static_pod_url=inputs.server.url,
        # Static pods are documents: what a pod may have written there is not to run.
        disable_manifests_directory=True,
        seccomp_default=document.default_runtime_seccomp_profile_enabled,
        quota_monitoring=has_quotas(config) and not host.is_container,
        taints=node.taints if node else {},
        control_plane=config.is_control_plane,
        cgroup_v1=host.cgroup_v1,
        # A container is shown the values the kubelet insists on; it may look, not set.
        protect_kernel_defaults=True,
        restrict_oom=host.restricts_oom,
    )


def has_quotas(config: Config) -> bool:
    """Tell whether the volumes of pods are measured by the quotas of the node's file system."""
    return config.main is not None and config.main.machine.features.disk_quota_support


kubelet_spec = Transform(
    name="k8s.KubeletSpec", inputs=Inputs, outputs=[Out(KubeletSpec)], reconcile=reconcile
)
