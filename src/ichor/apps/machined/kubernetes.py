"""Kubernetes' part of the wiring: secrets, etcd, kubelet, control plane."""

from dataclasses import dataclass

from ichor.controllers.etcd.membership import membership
from ichor.controllers.etcd.service import etcd_service
from ichor.controllers.etcd.spec import etcd_config, etcd_spec
from ichor.controllers.k8s.bootstrap_access import bootstrap_access
from ichor.controllers.k8s.component_configs import component_configs
from ichor.controllers.k8s.component_files import component_files
from ichor.controllers.k8s.config_files import config_files, config_status
from ichor.controllers.k8s.control_plane import control_plane
from ichor.controllers.k8s.endpoint import endpoint
from ichor.controllers.k8s.kubelet_service import kubelet_files, kubelet_service
from ichor.controllers.k8s.kubelet_spec import kubelet_spec
from ichor.controllers.k8s.kubelet_status import kubelet_status
from ichor.controllers.k8s.manifests_apply import manifests_apply
from ichor.controllers.k8s.manifests_config import manifests_config
from ichor.controllers.k8s.manifests_render import manifests_render
from ichor.controllers.k8s.secret_files import secret_files, secret_status
from ichor.controllers.k8s.static_pod_config import static_pod_config
from ichor.controllers.k8s.static_pod_server import static_pod_server
from ichor.controllers.secrets.etcd import etcd, etcd_request, etcd_root
from ichor.controllers.secrets.kubelet import kubelet
from ichor.controllers.secrets.kubelet_client import kubelet_client, kubelet_client_request
from ichor.controllers.secrets.kubernetes import kubernetes, kubernetes_dynamic
from ichor.controllers.secrets.kubernetes_request import kubernetes_request
from ichor.controllers.secrets.kubernetes_root import kubernetes_root
from ichor.cosi.controller import Controller
from ichor.ports.bootstrap_access import BootstrapAccess
from ichor.ports.cluster_manifests import ClusterManifests
from ichor.ports.membership import EtcdMembership
from ichor.ports.static_pods import StaticPods


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesAdapters:
    bootstrap_access: BootstrapAccess
    manifests: ClusterManifests
    membership: EtcdMembership
    static_pods: StaticPods


def controllers(world: KubernetesAdapters) -> tuple[Controller, ...]:
    return (
        etcd_root,
        etcd_request,
        etcd,
        kubernetes_root,
        kubernetes_request,
        kubernetes_dynamic,
        kubernetes,
        kubelet,
        kubelet_client_request,
        kubelet_client,
        endpoint,
        bootstrap_access(world.bootstrap_access),
        etcd_config,
        etcd_spec,
        membership(world.membership),
        etcd_service,
        secret_files,
        secret_status,
        config_files,
        config_status,
        control_plane,
        component_configs,
        component_files,
        static_pod_config,
        static_pod_server(world.static_pods),
        kubelet_spec,
        kubelet_files,
        kubelet_service,
        kubelet_status,
        manifests_config,
        manifests_render,
        manifests_apply(world.manifests),
    )
