"""ManifestsConfig: what the bootstrap manifests are rendered from, to be looked at.

    config/ActiveConfig, runtime/HostFacts ─► controlplane/BootstrapManifestsConfig

The pod network is no manifest here: what is said of it is what the node's controllers go by.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.kube_flannel import KubeFlannelCNIConfig
from ichor.controllers.k8s import manifest_proxy
from ichor.controllers.k8s.manifests_render import dns, proxy, server
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.apiserver import Resources
from ichor.resources.k8s.bootstrap import BootstrapManifestsConfig
from ichor.resources.k8s.ids import BOOTSTRAP_MANIFESTS_CONFIG_ID
from ichor.resources.runtime.host import ID as HOST_ID
from ichor.resources.runtime.host import HostFacts


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    host: Annotated[HostFacts, Get("runtime", HOST_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, BootstrapManifestsConfig]]:
    config = inputs.config.value
    if not config.is_control_plane or not config.has_kubernetes:
        return
    proxies = proxy(config, restrict_oom=inputs.host.restricts_oom)
    names = dns(config)
    flannel = config.one(KubeFlannelCNIConfig)
    ips = {ip_address(one).version: one for one in names.service_ips} if names else {}
    yield (
        BOOTSTRAP_MANIFESTS_CONFIG_ID,
        BootstrapManifestsConfig(
            server=server(config),
            cluster_domain=config.network.dns_domain,
            pod_cidrs=config.network.pod_subnets,
            proxy_enabled=proxies is not None,
            proxy_image=proxies.image if proxies else "",
            proxy_config=manifest_proxy.configuration(proxies) if proxies else {},
            proxy_resources=Resources(
                requests=proxies.resources.requests, limits=proxies.resources.limits
            )
            if proxies
            else Resources(),
            core_dns_enabled=names is not None,
            core_dns_image=names.image if names else "",
            dns_service_ip=ips.get(4, ""),
            dns_service_ipv6=ips.get(6, ""),
            flannel_backend_type=flannel.backend_type if flannel else "",
            flannel_backend_port=flannel.backend_port if flannel else 0,
            flannel_backend_mtu=(flannel.backend_mtu or 0) if flannel else 0,
            cni_name="flannel" if flannel else "none",
        ),
    )


manifests_config = Transform(
    name="k8s.ManifestsConfig",
    inputs=Inputs,
    outputs=[Out(BootstrapManifestsConfig)],
    reconcile=reconcile,
)
