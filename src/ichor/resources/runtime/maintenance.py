"""The API services and maintenance mode."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address


class APIServiceConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="APIServiceConfigs.runtime.talos.dev",
        namespace="runtime",
        aliases=("apiserviceconfig", "apisc", "apiscs"),
    )
    listen_address: str = ""
    node_routing_disabled: bool = False
    readonly_role_mode: bool = False
    skip_verifying_client_cert: bool = False


class MaintenanceServiceConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="MaintenanceServiceConfigs.runtime.talos.dev",
        namespace="runtime",
        aliases=("maintenanceserviceconfig", "msc", "mscs"),
    )
    listen_address: str = ""
    reachable_addresses: tuple[Address, ...] = ()


class MaintenanceServiceRequest(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="MaintenanceServiceRequests.runtime.talos.dev",
        namespace="runtime",
        aliases=("maintenanceservicerequest", "msr", "msrs"),
    )
