"""Which kinds there are: decoded here, or known to the format and refused until they are built."""

from collections.abc import Mapping
from typing import Final

from ichor.config.document import Document
from ichor.config.documents.dhcp import DHCPv4Config, DHCPv6Config
from ichor.config.documents.discovery_identity import DiscoveryIdentityConfig
from ichor.config.documents.discovery_service import DiscoveryServiceConfig
from ichor.config.documents.environment import EnvironmentConfig
from ichor.config.documents.ethernet import EthernetConfig
from ichor.config.documents.filesystem_trim import FilesystemTrimConfig
from ichor.config.documents.hostname import HostnameConfig
from ichor.config.documents.image_cache import ImageCacheConfig
from ichor.config.documents.image_verification import ImageVerificationConfig
from ichor.config.documents.kube_admission_control import KubeAdmissionControlConfig
from ichor.config.documents.kube_aggregator_ca import KubeAggregatorCAConfig
from ichor.config.documents.kube_apiserver import KubeAPIServerConfig
from ichor.config.documents.kube_apiserver_ca import KubeAPIServerCAConfig
from ichor.config.documents.kube_audit_policy import KubeAuditPolicyConfig
from ichor.config.documents.kube_authentication import KubeAuthenticationConfig
from ichor.config.documents.kube_authorizer import KubeAuthorizerConfig
from ichor.config.documents.kube_cluster import KubeClusterConfig
from ichor.config.documents.kube_controller_manager import KubeControllerManagerConfig
from ichor.config.documents.kube_coredns import KubeCoreDNSConfig
from ichor.config.documents.kube_etcd_encryption import KubeEtcdEncryptionConfig
from ichor.config.documents.kube_flannel import KubeFlannelCNIConfig
from ichor.config.documents.kube_inline_manifest import KubeInlineManifestConfig
from ichor.config.documents.kube_network import KubeNetworkConfig
from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.config.documents.kube_prism import KubePrismConfig
from ichor.config.documents.kube_proxy import KubeProxyConfig
from ichor.config.documents.kube_scheduler import KubeSchedulerConfig
from ichor.config.documents.kube_service_account import KubeServiceAccountConfig
from ichor.config.documents.kube_static_pod import KubeStaticPodConfig
from ichor.config.documents.kubelet import KubeletConfig
from ichor.config.documents.link import (
    DummyLinkConfig,
    LinkConfig,
    VethConfig,
    VLANConfig,
    VRFConfig,
)
from ichor.config.documents.link_alias import LinkAliasConfig
from ichor.config.documents.link_group import BondConfig, BridgeConfig
from ichor.config.documents.registry import (
    RegistryAuthConfig,
    RegistryMirrorConfig,
    RegistryTLSConfig,
)
from ichor.config.documents.resolver import ResolverConfig
from ichor.config.documents.routing import BlackholeRouteConfig, RoutingRuleConfig
from ichor.config.documents.security_profile import SecurityProfileConfig
from ichor.config.documents.shared_address import Layer2VIPConfig
from ichor.config.documents.static_host import StaticHostConfig
from ichor.config.documents.sysctl import SysctlConfig
from ichor.config.documents.time_sync import TimeSyncConfig
from ichor.config.documents.trusted_roots import TrustedRootsConfig
from ichor.config.documents.unattended_install import UnattendedInstallConfig
from ichor.config.documents.v1alpha1 import MainConfig
from ichor.config.documents.volume import VolumeConfig
from ichor.config.documents.wireguard import WireguardConfig

MAIN: Final = MainConfig.KIND

# In the order in which a configuration is written.
KINDS: Final[Mapping[str, type[Document]]] = {
    cls.KIND: cls
    for cls in (
        MainConfig,
        DiscoveryServiceConfig,
        DiscoveryIdentityConfig,
        ResolverConfig,
        StaticHostConfig,
        TimeSyncConfig,
        LinkAliasConfig,
        LinkConfig,
        DummyLinkConfig,
        VLANConfig,
        BondConfig,
        BridgeConfig,
        VRFConfig,
        VethConfig,
        WireguardConfig,
        EthernetConfig,
        DHCPv4Config,
        DHCPv6Config,
        Layer2VIPConfig,
        BlackholeRouteConfig,
        RoutingRuleConfig,
        VolumeConfig,
        FilesystemTrimConfig,
        SecurityProfileConfig,
        HostnameConfig,
        EnvironmentConfig,
        SysctlConfig,
        TrustedRootsConfig,
        ImageCacheConfig,
        RegistryMirrorConfig,
        RegistryAuthConfig,
        RegistryTLSConfig,
        ImageVerificationConfig,
        KubeClusterConfig,
        KubeNodeConfig,
        KubeletConfig,
        KubeNetworkConfig,
        KubeAPIServerCAConfig,
        KubePrismConfig,
        KubeAggregatorCAConfig,
        KubeAdmissionControlConfig,
        KubeAuditPolicyConfig,
        KubeAuthenticationConfig,
        KubeAuthorizerConfig,
        KubeEtcdEncryptionConfig,
        KubeServiceAccountConfig,
        KubeAPIServerConfig,
        KubeControllerManagerConfig,
        KubeSchedulerConfig,
        KubeProxyConfig,
        KubeFlannelCNIConfig,
        KubeCoreDNSConfig,
        KubeInlineManifestConfig,
        KubeStaticPodConfig,
        UnattendedInstallConfig,
    )
}

UNSUPPORTED: Final[frozenset[str]] = frozenset(
    [
        "BGPInstanceConfig",
        "CRIBaseRuntimeSpecConfig",
        "CRICustomizationConfig",
        "ContainerConfig",
        "EtcFileConfig",
        "EventSinkConfig",
        "ExistingVolumeConfig",
        "ExtensionServiceConfig",
        "ExternalVolumeConfig",
        "FilesystemScrubConfig",
        "HCloudVIPConfig",
        "HTTPProbeConfig",
        "KernelModuleConfig",
        "KmsgLogConfig",
        "KubeCredentialProviderConfig",
        "KubeExternalManifestConfig",
        "KubeSpanConfig",
        "KubeSpanEndpointsConfig",
        "KubeTalosAPIAccessConfig",
        "LVMLogicalVolumeConfig",
        "LVMVolumeGroupConfig",
        "NetworkDefaultActionConfig",
        "NetworkRuleConfig",
        "OOMConfig",
        "PCIDriverRebindConfig",
        "RAIDArrayConfig",
        "RawVolumeConfig",
        "SideroLinkConfig",
        "SwapVolumeConfig",
        "SysfsConfig",
        "TCPProbeConfig",
        "UdevRulesConfig",
        "UserVolumeConfig",
        "WatchdogTimerConfig",
        "ZswapConfig",
    ]
)
