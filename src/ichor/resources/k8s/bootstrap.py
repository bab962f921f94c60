"""What the bootstrap manifests are rendered from."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Object
from ichor.resources.k8s.apiserver import Resources


class BootstrapManifestsConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="BootstrapManifestsConfigs.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("bootstrapmanifestsconfig", "bmc", "bmcs"),
    )
    server: str = field(default="", name="string")
    cluster_domain: str = ""
    pod_cidrs: tuple[str, ...] = field(default=(), name="podCIDRs")
    proxy_enabled: bool = False
    proxy_image: str = ""
    proxy_args: tuple[str, ...] = ()
    proxy_config: Object = {}
    proxy_config_checksum: str = ""
    proxy_resources: Resources = Resources()
    core_dns_enabled: bool = field(default=False, name="coreDNSEnabled")
    core_dns_image: str = field(default="", name="coreDNSImage")
    dns_service_ip: str = field(default="", name="dnsServiceIP")
    dns_service_ipv6: str = field(default="", name="dnsServiceIPv6")
    flannel_enabled: bool = False
    flannel_image: str = ""
    flannel_extra_args: tuple[str, ...] = ()
    flannel_kube_service_host: str = ""
    flannel_kube_service_port: str = ""
    flannel_kube_network_policies_enabled: bool = False
    flannel_kube_network_policies_image: str = ""
    flannel_backend_type: str = ""
    flannel_backend_port: int = 0
    flannel_backend_mtu: int = field(default=0, name="flannelBackendMTU")
    flannel_backend_extra_config: Object = {}
    flannel_resources: Resources = Resources()
    pod_security_policy_enabled: bool = False
    talos_api_service_enabled: bool = field(default=False, name="talosAPIServiceEnabled")
    cni_name: str = ""
