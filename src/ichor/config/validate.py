"""What is wrong, or worth saying, about documents taken together, for a machine of a mode.

errors: the machine would not work. warnings: it would, probably not as meant (errors if strict).
notes: what a container has no means for, and so leaves out: `skipped: container`.
"""

from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from ichor.config import keys
from ichor.config.container import Authority, Config
from ichor.config.document import Document, identity
from ichor.config.documents.dhcp import DHCPv4Config, DHCPv6Config
from ichor.config.documents.discovery_identity import DiscoveryIdentityConfig
from ichor.config.documents.ethernet import EthernetConfig
from ichor.config.documents.filesystem_trim import FilesystemTrimConfig
from ichor.config.documents.kube_aggregator_ca import KubeAggregatorCAConfig
from ichor.config.documents.kube_apiserver import KubeAPIServerConfig
from ichor.config.documents.kube_apiserver_ca import KubeAPIServerCAConfig
from ichor.config.documents.kube_cluster import KubeClusterConfig
from ichor.config.documents.kube_controller_manager import KubeControllerManagerConfig
from ichor.config.documents.kube_network import KubeNetworkConfig
from ichor.config.documents.kube_scheduler import KubeSchedulerConfig
from ichor.config.documents.kube_service_account import KubeServiceAccountConfig
from ichor.config.documents.kubelet import KubeletConfig
from ichor.config.documents.link import LinkConfig, LinkDocument, VethConfig, VRFConfig
from ichor.config.documents.link_alias import LinkAliasConfig
from ichor.config.documents.link_group import BondConfig, BridgeConfig
from ichor.config.documents.routing import BlackholeRouteConfig, RoutingRuleConfig
from ichor.config.documents.sysctl import SysctlConfig
from ichor.config.documents.time_sync import TimeSyncConfig
from ichor.config.documents.unattended_install import UnattendedInstallConfig
from ichor.config.documents.volume import VolumeConfig
from ichor.config.versions import INSTALLER
from ichor.errors import FormatError
from ichor.pki import certificate

Mode = Literal["metal", "cloud", "container"]
MODES: Final[tuple[Mode, ...]] = ("metal", "cloud", "container")
SKIPPED: Final = "skipped: container"
_CARRIED: Final = f"a boot medium installs what it carries, {INSTALLER}; leave it out"

_NEEDED: Final[tuple[type[Document], ...]] = (
    KubeletConfig,
    KubeNetworkConfig,
    KubeAPIServerCAConfig,
    DiscoveryIdentityConfig,
)
_NEEDED_OF_CONTROL_PLANES: Final[tuple[type[Document], ...]] = (
    KubeAggregatorCAConfig,
    KubeServiceAccountConfig,
    KubeAPIServerConfig,
    KubeControllerManagerConfig,
    KubeSchedulerConfig,
)
_OF_PORTS: Final = (BondConfig, BridgeConfig, VRFConfig)
# A container's links and clock are its launcher's.
_OF_MACHINES: Final = (
    BlackholeRouteConfig,
    DHCPv4Config,
    DHCPv6Config,
    EthernetConfig,
    LinkAliasConfig,
    LinkDocument,
    RoutingRuleConfig,
    TimeSyncConfig,
)
_TAKEN_PORTS: Final = {
    2379: "etcd",
    2380: "etcd",
    3172: "registryd",
    10250: "kubelet",
    10257: "kube-controller-manager",
    10259: "kube-scheduler",
    50000: "apid",
    50001: "trustd",
}


class Findings(Struct, frozen=True, kw_only=True):
    """Each a sentence that begins with the document it is about."""

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def validate(config: Config, mode: Mode) -> Findings:
    """Look at all documents together. A configuration for boot needs the main document."""
    if config.main is None:
        missing = "the main document (version, machine, cluster) is missing"
        return Findings(errors=(missing,))
    rules = (_authorities, keys.faults, _kubernetes, _roles, _ports, _links)
    errors = [error for rule in rules for error in rule(config)]
    if mode != "container":
        errors += _install(config)
    return Findings(
        errors=tuple(errors),
        warnings=tuple(_warnings(config)),
        notes=tuple(skipped(config)) if mode == "container" else (),
    )


def skipped(config: Config) -> Iterator[str]:
    """Yield what a container leaves out, ending in `skipped: container`."""
    if config.one(FilesystemTrimConfig) is not None:
        yield f"FilesystemTrimConfig: {SKIPPED}"
    for volume in config.named(VolumeConfig).values():
        said = {
            "provisioning": volume.provisioning is not None,
            "encryption": volume.encryption is not None,
            "mount.secure": volume.mount.secure,
        }
        yield from (f"{identity(volume)} {name}: {SKIPPED}" for name in said if said[name])
    for document in config.documents:
        if isinstance(document, _OF_MACHINES):
            yield f"{identity(document)}: {SKIPPED}"
    if config.main is not None and config.main.machine.features.disk_quota_support:
        yield f"machine.features.diskQuotaSupport: {SKIPPED}"
    if config.main is not None and config.main.machine.install is not None:
        yield f"machine.install: {SKIPPED}"
    if config.one(UnattendedInstallConfig) is not None:
        yield f"UnattendedInstallConfig: {SKIPPED}"
    sysctl = config.one(SysctlConfig)
    for key in sysctl.params if sysctl else ():
        if not key.replace("/", ".").startswith("net."):
            yield f"SysctlConfig {key}: {SKIPPED}"


def _install(config: Config) -> Iterator[str]:
    """What is installed is what the boot medium carries, signed with its kernel's arguments."""
    document = config.one(UnattendedInstallConfig)
    if document is not None and document.installer.image not in (None, INSTALLER):
        yield f"UnattendedInstallConfig installer.image: {_CARRIED}"
    old = config.main.machine.install if config.main is not None else None
    if old is None:
        return
    if document is not None:
        yield "UnattendedInstallConfig: or machine.install, not both"
    if not old.disk:
        yield "machine.install.disk: expected the device to install to, as /dev/sda"
    if old.disk_selector:
        yield "machine.install.diskSelector: known, not supported yet; name the disk"
    if old.extra_kernel_args:
        yield "machine.install.extraKernelArgs: the arguments are signed with the image"
    if old.legacy_bios_support:
        yield "machine.install.legacyBIOSSupport: machines start by UEFI only"
    if old.image not in (None, INSTALLER):
        yield f"machine.install.image: {_CARRIED}"


def _authorities(config: Config) -> Iterator[str]:
    named = {
        "machine.ca": config.os_ca,
        "cluster.etcd.ca": config.etcd_ca,
        "KubeAPIServerCAConfig": config.kubernetes_ca,
        "KubeAggregatorCAConfig": config.aggregator_ca,
    }
    for name, authority in named.items():
        if authority is not None:
            yield from _authority(name, authority)


def _authority(name: str, authority: Authority) -> Iterator[str]:
    for text in authority.accepted:
        try:
            found = certificate.parse_pem(text)
        except FormatError as err:
            yield f"{name}: not a readable certificate ({err})"
            continue
        if not found.is_ca:
            yield f"{name}: the certificate is not that of a CA"


def _kubernetes(config: Config) -> Iterator[str]:
    if not config.has_kubernetes:
        return
    needed = _NEEDED + (_NEEDED_OF_CONTROL_PLANES if config.is_control_plane else ())
    for cls in needed:
        if config.one(cls) is None:
            yield f"{cls.KIND}: missing, KubeClusterConfig needs it on a {config.machine_type}"
    for name, authority in (
        ("KubeAPIServerCAConfig", config.kubernetes_ca),
        ("KubeAggregatorCAConfig", config.aggregator_ca),
    ):
        if config.is_control_plane and authority is not None and authority.key is None:
            yield f"{name}: a control plane needs issuingCA"


def _roles(config: Config) -> Iterator[str]:
    if not config.has_kubernetes:
        for document in config.documents:
            if document.KIND.startswith("Kube"):
                yield f"{identity(document)}: needs KubeClusterConfig"
    if config.is_control_plane:
        return
    for document in config.documents:
        if document.OF_CONTROL_PLANES:
            yield f"{identity(document)}: is for control planes only"
    if config.kubernetes_ca is not None and config.kubernetes_ca.key is not None:
        yield "KubeAPIServerCAConfig: a worker must not have issuingCA; give it acceptedCAs"
    if config.main is not None and config.main.machine.ca.key:
        yield "machine.ca: a worker must not have the key of the CA"
    if config.main is not None and config.main.cluster.etcd is not None:
        yield "cluster.etcd: is for control planes only"


def _ports(config: Config) -> Iterator[str]:
    server = config.one(KubeAPIServerConfig)
    taken = dict(_TAKEN_PORTS)
    if server is not None:
        if server.api_port in taken:
            yield f"KubeAPIServerConfig: port {server.api_port} is that of {taken[server.api_port]}"
        taken[server.api_port] = "kube-apiserver"
    port = config.kubeprism_port
    if port is not None and port in taken:
        yield f"KubePrismConfig: port {port} is that of {taken[port]}"


def _links(config: Config) -> Iterator[str]:
    """A name is that of one link, which is a port of one other at most.

    An alias is that of a device, of which a LinkConfig may speak; what is made has another name.
    """
    said: dict[str, str] = {}
    aliases = config.named(LinkAliasConfig)
    port_of: dict[str, str] = {}
    for document in config.documents:
        if not isinstance(document, LinkDocument):
            continue
        peer = (document.peer.name,) if isinstance(document, VethConfig) else ()
        for name in (document.name, *peer):
            if name in said:
                yield f"{identity(document)}: {said[name]} is about the link {name}, too"
            if name in aliases and not isinstance(document, LinkConfig):
                yield f"{identity(document)}: {identity(aliases[name])} gives that name to a device"
            said[name] = str(identity(document))
        ports = document.links if isinstance(document, _OF_PORTS) else ()
        for name in ports:
            if name == document.name or name in port_of:
                other = port_of.get(name, document.name)
                yield f"{identity(document)}: {name} is a port of {other} already"
            port_of[name] = document.name


def _warnings(config: Config) -> Iterator[str]:
    yield from config.notes
    cluster = config.one(KubeClusterConfig)
    if cluster is not None and urlsplit(cluster.endpoint).path not in ("", "/"):
        yield "KubeClusterConfig: the path of the endpoint has no effect"
    if config.host_dns.resolve_member_names and not config.discovery_endpoints:
        yield "ResolverConfig: resolveMemberNames finds nobody without a discovery service"
    if config.discovery_endpoints and config.cluster_identity is None:
        yield "DiscoveryServiceConfig: has no effect without DiscoveryIdentityConfig"
