"""The network's part of the wiring: names, addresses, DNS, KubePrism, the pod network.

world = adapters(state, clock, network, reaper, ...)     what there is on a node
controllers(world)                          who uses it
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ichor.controllers.files.apply import Place, file_apply
from ichor.controllers.k8s import cni_config as cni
from ichor.controllers.k8s.address_filter import address_filter
from ichor.controllers.k8s.cni_config import cni_config
from ichor.controllers.k8s.kubeprism import kubeprism
from ichor.controllers.k8s.kubeprism_endpoints import kubeprism_config, kubeprism_endpoints
from ichor.controllers.k8s.masquerade_apply import masquerade_apply
from ichor.controllers.k8s.node_apply import node_apply
from ichor.controllers.k8s.node_cordoned import node_cordoned
from ichor.controllers.k8s.node_drain import node_drain
from ichor.controllers.k8s.node_ip import node_ip, node_ip_config
from ichor.controllers.k8s.node_status import node_status
from ichor.controllers.k8s.node_watch import node_watch
from ichor.controllers.k8s.nodename import nodename
from ichor.controllers.k8s.pod_network_apply import pod_network_apply
from ichor.controllers.network import pod_resolv_conf as resolved
from ichor.controllers.network.address import address
from ichor.controllers.network.address_apply import address_apply
from ichor.controllers.network.host_dns import host_dns
from ichor.controllers.network.host_dns_config import host_dns_config
from ichor.controllers.network.link_names import link_names
from ichor.controllers.network.operator import operators
from ichor.controllers.network.pod_resolv_conf import pod_resolv_conf
from ichor.controllers.network.resolver import resolver
from ichor.controllers.network.resolver_config import resolver_config
from ichor.controllers.network.shared_address import shared_address
from ichor.controllers.network.shared_address_config import shared_address_config
from ichor.controllers.runtime.kernel_param import (
    kernel_param_apply,
    kernel_param_config,
)
from ichor.cosi.controller import Controller
from ichor.cosi.state import State, find
from ichor.linux.file import KernelFiles
from ichor.linux.masquerade import NftMasquerading
from ichor.linux.process import Reaper
from ichor.linux.sysctl import TriedParameters, is_of_namespaces
from ichor.peers import kubeconfig
from ichor.peers.balancer import LoopbackBalancer
from ichor.peers.dns_server import HostDns
from ichor.peers.etcd_local import Connect
from ichor.peers.kube import Access
from ichor.peers.kube_following import Identities
from ichor.peers.kube_node_edit import OwnNode
from ichor.peers.kube_node_pods import KubeNodePods
from ichor.peers.kube_nodes import KubeNodeWatch
from ichor.peers.kube_static_pods import StaticPodWatch
from ichor.peers.shared_address import EtcdElections, api_server
from ichor.ports.balancer import Balancer
from ichor.ports.clock import Clock
from ichor.ports.dns import DnsServer
from ichor.ports.file import Files
from ichor.ports.kube_node_edit import KubeNodeEdit
from ichor.ports.kube_nodes import KubeNodes
from ichor.ports.masquerade import Masquerading
from ichor.ports.network import Networks
from ichor.ports.node_pods import NodePods
from ichor.ports.shared_address import Elections
from ichor.ports.static_pod_status import StaticPodStatuses
from ichor.ports.sysctl import Attempts
from ichor.resources.etcd.start import START_ID, EtcdStart
from ichor.resources.k8s.ids import NODENAME_ID
from ichor.resources.k8s.node import Nodename
from ichor.resources.secrets.ids import KUBERNETES_ID
from ichor.resources.secrets.kubernetes import KubernetesSecret

_KUBELET: Final = Path("/etc/kubernetes/kubeconfig-kubelet")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkWorld:
    network: Networks
    nodes: KubeNodes
    balancer: Balancer
    dns: DnsServer
    elections: Elections
    masquerading: Masquerading
    parameters: Attempts
    own_node: KubeNodeEdit
    own_pods: NodePods
    resolved_files: Files
    cni_files: Files


def access(state: State) -> tuple[Identities, Callable[[], str]]:
    """Give by whom the Kubernetes API may be asked, and this node's name there."""

    def admin() -> Access | None:
        """Give the identity a control plane makes for itself: it needs no rights of a kubelet.

        There is no API server beside it before etcd begins here; until then it asks as a worker
        does, for only so can it learn of the others whose etcd it is to join.
        """
        if find(state, EtcdStart, START_ID) is None:
            return None
        secret = find(state, KubernetesSecret, KUBERNETES_ID)
        written = secret.spec.localhost_admin_kubeconfig if secret else ""
        return kubeconfig.access(written) if written else None

    def name() -> str:
        held = find(state, Nodename, NODENAME_ID)
        return held.spec.nodename if held else ""

    return (admin, lambda: kubeconfig.read(_KUBELET)), name


def static_pods(state: State, clock: Clock) -> StaticPodStatuses:
    identities, name = access(state)
    return StaticPodWatch(identities, clock, name)


def adapters(
    state: State,
    clock: Clock,
    network: Networks,
    reaper: Reaper,
    etcd: Connect,
    *,
    is_container: bool,
) -> NetworkWorld:
    identities, name = access(state)
    return NetworkWorld(
        network=network,
        balancer=LoopbackBalancer(clock),
        dns=HostDns(clock),
        elections=EtcdElections(etcd, api_server(identities[0]), clock),
        masquerading=NftMasquerading(reaper),
        parameters=TriedParameters(is_of_namespaces) if is_container else TriedParameters(),
        nodes=KubeNodeWatch(identities, clock),
        own_node=OwnNode(identities, name),
        own_pods=KubeNodePods(identities, name),
        resolved_files=KernelFiles(Path(resolved.DIRECTORY)),
        cni_files=KernelFiles(Path(cni.DIRECTORY)),
    )


def controllers(world: NetworkWorld) -> tuple[Controller, ...]:
    return (
        link_names,
        shared_address_config,
        operators,
        shared_address(world.elections),
        address,
        address_apply(world.network),
        resolver_config,
        resolver,
        host_dns_config,
        host_dns(world.dns),
        pod_resolv_conf,
        file_apply("files.Resolved", Place(resolved.DIRECTORY), world.resolved_files),
        nodename,
        node_ip_config,
        node_ip,
        address_filter,
        node_watch(world.nodes),
        node_status,
        node_cordoned,
        node_apply(world.own_node),
        node_drain(world.own_pods),
        cni_config,
        file_apply("files.CNI", Place(cni.DIRECTORY), world.cni_files),
        pod_network_apply(world.network),
        masquerade_apply(world.masquerading),
        kubeprism_endpoints,
        kubeprism_config,
        kubeprism(world.balancer),
        kernel_param_config,
        kernel_param_apply(world.parameters),
    )
