"""Configuration of kube-controller-manager and kube-scheduler, and what is rendered."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Object, OmitEmpty
from ichor.resources.k8s.apiserver import ArgValues, ExtraVolume, Resources


class ControllerManagerConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ControllerManagerConfigs.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("controllermanagerconfig", "cmc", "cmcs"),
    )
    enabled: bool = False
    image: str = ""
    cloud_provider: str = ""
    pod_cidrs: tuple[str, ...] = field(default=(), name="podCIDRs")
    service_cidrs: tuple[str, ...] = field(default=(), name="serviceCIDRs")
    extra_args: OmitEmpty[Mapping[str, ArgValues]] = {}
    args: OmitEmpty[tuple[str, ...]] = ()
    extra_volumes: tuple[ExtraVolume, ...] = ()
    environment_variables: Mapping[str, str] = {}
    resources: Resources = Resources()
    node_cidr_mask_size_ipv4: int = field(default=0, name="nodeCIDRMaskSizeIPv4")
    node_cidr_mask_size_ipv6: int = field(default=0, name="nodeCIDRMaskSizeIPv6")


class SchedulerConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="SchedulerConfigs.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("schedulerconfig", "sc", "scs"),
    )
    enabled: bool = False
    image: str = ""
    extra_args: OmitEmpty[Mapping[str, ArgValues]] = {}
    args: OmitEmpty[tuple[str, ...]] = ()
    config: Object = {}
    extra_volumes: tuple[ExtraVolume, ...] = ()
    environment_variables: Mapping[str, str] = {}
    resources: Resources = Resources()


class ConfigStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="ConfigStatuses.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("configstatus", "cs"),
        columns={"Ready": "{.ready}", "Secrets Version": "{.version}"},
    )
    ready: bool = False
    version: str = ""


class SecretStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="SecretStatuses.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("secretstatus", "ss"),
        columns={"Ready": "{.ready}", "Secrets Version": "{.version}"},
    )
    ready: bool = False
    version: str = ""
