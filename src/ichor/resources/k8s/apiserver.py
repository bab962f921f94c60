"""Configuration of kube-apiserver."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty, Part


class ArgValues(Part, frozen=True, kw_only=True):
    values: tuple[str, ...] = ()


class ExtraVolume(Part, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    host_path: str = ""
    mount_path: str = ""
    readonly: bool = False


class Resources(Part, frozen=True, kw_only=True):
    requests: Mapping[str, str] = {}
    limits: Mapping[str, str] = {}


class APIServerConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="APIServerConfigs.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("apiserverconfig", "apisc", "apiscs"),
        sensitive=True,
    )
    image: str = ""
    cloud_provider: str = ""
    control_plane_endpoint: str = ""
    etcd_servers: tuple[str, ...] = ()
    local_port: int = 0
    service_cidr: tuple[str, ...] = field(default=(), name="serviceCIDR")
    extra_args: Mapping[str, ArgValues] = {}
    args: OmitEmpty[tuple[str, ...]] = ()
    extra_volumes: tuple[ExtraVolume, ...] = ()
    environment_variables: Mapping[str, str] = {}
    advertised_address: str = ""
    resources: Resources = Resources()
    startup_probes_enabled: bool = False
    use_authentication_config: bool = False
