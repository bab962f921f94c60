"""The main document, which has no kind: machine type, join token, OS and etcd CAs.

A node is complete for boot once it has this one. What the newer kinds say is taken out of it before
it is read (config/lower.py), so that nothing is said twice.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from msgspec import field

from ichor.config.document import Document, Fault, Part
from ichor.config.field import ALWAYS, CIDR, FILLED, IMAGE, SAN, TOKEN, Args, Cert64, Key64
from ichor.config.secret import Object, Secret

MachineType = Literal["controlplane", "worker", "init"]


class CertAndKey(Part, frozen=True, kw_only=True):
    """PEM texts; within base64 in the document. key is empty on workers."""

    crt: Annotated[Cert64, ALWAYS]
    key: Annotated[Key64, ALWAYS] = field(default_factory=lambda: Secret(""))


class CertOnly(Part, frozen=True, kw_only=True):
    crt: Cert64


class Features(Part, frozen=True, kw_only=True):
    """rbac and apidCheckExtKeyUsage cannot be turned off here."""

    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset(
        {
            "stableHostname",
            "kubernetesTalosAPIAccess",
            "kubePrism",
            "hostDNS",
            "imageCache",
            "nodeAddressSortAlgorithm",
        }
    )
    rbac: bool | None = None
    apid_check_ext_key_usage: bool | None = None
    disk_quota_support: bool = False

    def faults(self) -> Iterator[Fault]:
        if self.rbac is False:
            yield Fault("rbac", "expected true: authorisation by role is always on")
        if self.apid_check_ext_key_usage is False:
            yield Fault("apidCheckExtKeyUsage", "expected true: the usage is always checked")


class Install(Part, frozen=True, kw_only=True):
    """The old form of UnattendedInstallConfig: where a boot medium installs what it carries."""

    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"bootloader", "extensions"})
    disk: str = ""
    disk_selector: Object = field(default_factory=Object)
    image: Annotated[str, IMAGE] | None = None
    extra_kernel_args: tuple[str, ...] = ()
    wipe: bool = False
    legacy_bios_support: bool = field(name="legacyBIOSSupport", default=False)
    grub_use_uki_cmdline: bool = field(name="grubUseUKICmdline", default=False)


class Machine(Part, frozen=True, kw_only=True):
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset(
        [
            "controlPlane",
            "kubelet",
            "pods",
            "network",
            "disks",
            "files",
            "env",
            "time",
            "sysctls",
            "sysfs",
            "registries",
            "systemDiskEncryption",
            "udev",
            "logging",
            "kernel",
            "seccompProfiles",
            "baseRuntimeSpecOverrides",
            "nodeLabels",
            "nodeAnnotations",
            "nodeTaints",
        ]
    )
    type: MachineType
    token: Annotated[Secret, FILLED]
    ca: CertAndKey
    accepted_cas: tuple[CertOnly, ...] = field(name="acceptedCAs", default=())
    cert_sans: Annotated[tuple[Annotated[str, SAN], ...], ALWAYS] = field(
        name="certSANs", default=()
    )
    features: Features = field(default_factory=Features)
    install: Install | None = None


class Etcd(Part, frozen=True, kw_only=True):
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"subnet"})
    image: Annotated[str, IMAGE] | None = None
    ca: CertAndKey
    extra_args: Mapping[str, Args] = {}
    advertised_subnets: tuple[Annotated[str, CIDR], ...] = ()
    listen_subnets: tuple[Annotated[str, CIDR], ...] = ()


class AdminKubeconfig(Part, frozen=True, kw_only=True):
    cert_lifetime: timedelta = timedelta(days=365)

    def faults(self) -> Iterator[Fault]:
        if self.cert_lifetime <= timedelta():
            yield Fault("certLifetime", "expected a duration above zero")


class Cluster(Part, frozen=True, kw_only=True):
    """token: the bootstrap token of kubelets, `id.secret`."""

    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset(
        [
            "id",
            "secret",
            "controlPlane",
            "clusterName",
            "network",
            "aescbcEncryptionSecret",
            "secretboxEncryptionSecret",
            "ca",
            "acceptedCAs",
            "aggregatorCA",
            "serviceAccount",
            "apiServer",
            "controllerManager",
            "proxy",
            "scheduler",
            "discovery",
            "coreDNS",
            "externalCloudProvider",
            "extraManifests",
            "extraManifestHeaders",
            "inlineManifests",
            "allowSchedulingOnMasters",
            "allowSchedulingOnControlPlanes",
        ]
    )
    token: Annotated[Secret, TOKEN]
    etcd: Etcd | None = None
    admin_kubeconfig: AdminKubeconfig = field(default_factory=AdminKubeconfig)


class MainConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "v1alpha1"

    version: Annotated[Literal["v1alpha1"], ALWAYS] = "v1alpha1"
    debug: Annotated[bool, ALWAYS] = False
    persist: Annotated[bool, ALWAYS] = True
    machine: Machine
    cluster: Cluster

    def faults(self) -> Iterator[Fault]:
        if not self.persist:
            yield Fault("persist", "expected true: configurations are always stored")
        if self.debug:
            yield Fault("debug", "true is known, not supported yet", "remove the field")
        if self.machine.type != "worker":
            if not self.machine.ca.key:
                yield Fault("machine.ca", "a control plane needs the key of the CA")
            if self.cluster.etcd is None or not self.cluster.etcd.ca.key:
                yield Fault("cluster", "a control plane needs etcd.ca with crt and key")
