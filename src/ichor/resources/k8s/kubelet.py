"""The kubelet: configuration, specification, state."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Object, OmitEmpty, Part
from ichor.resources.k8s.apiserver import ArgValues


class Mount(Part, frozen=True, kw_only=True):
    destination: str = ""
    type: OmitEmpty[str] = ""
    source: OmitEmpty[str] = ""
    options: OmitEmpty[tuple[str, ...]] = ()


class KubeletConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubeletConfigs.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("kubeletconfig", "kc", "kcs"),
        sensitive=True,
    )
    image: str = ""
    cluster_dns: tuple[str, ...] = field(default=(), name="clusterDNS")
    cluster_domain: str = ""
    extra_args: OmitEmpty[Mapping[str, ArgValues]] = {}
    extra_mounts: OmitEmpty[tuple[Mount, ...]] = ()
    extra_config: OmitEmpty[Object] = {}
    cloud_provider_external: bool = False
    default_runtime_seccomp_enabled: bool = False
    skip_node_registration: bool = False
    static_pod_list_url: str = field(default="", name="staticPodListURL")
    disable_manifests_directory: bool = False
    enable_fs_quota_monitoring: bool = field(default=False, name="enableFSQuotaMonitoring")
    credential_provider_config: OmitEmpty[Object] = {}
    register_with_taints: OmitEmpty[Mapping[str, str]] = {}


class KubeletSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubeletSpecs.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("kubeletspec", "ks"),
        sensitive=True,
    )
    image: str = ""
    args: OmitEmpty[tuple[str, ...]] = ()
    extra_mounts: OmitEmpty[tuple[Mount, ...]] = ()
    expected_nodename: OmitEmpty[str] = ""
    config: Object = {}
    credential_provider_config: OmitEmpty[Object] = {}


class KubeletStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KubeletStatuses.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("kubeletstatus", "ks"),
        columns={"Image": "{.image}"},
    )
    image: str = ""


class KubeletLifecycle(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KubeletLifecycles.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("kubeletlifecycle", "kl", "kls"),
    )


class KubeletKubeconfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KubeletKubeconfigs.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("kubeletkubeconfig", "kk", "kks"),
        columns={"Hash": "{.hash}"},
    )
    hash: str = ""
