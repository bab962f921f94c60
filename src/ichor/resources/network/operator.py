"""Operators that configure a link while running: DHCP, shared addresses."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, OmitEmpty, Part
from ichor.resources.network.kinds import ClientIdentifierKind, Layer, OperatorKind


class ClientIdentifier(Part, frozen=True, kw_only=True, rename="camel"):
    client_identifier: ClientIdentifierKind = ClientIdentifierKind.NONE
    duid_raw_hex: OmitEmpty[str] = ""


class DHCP4Operator(Part, frozen=True, kw_only=True, rename="camel"):
    route_metric: int = 0
    skip_hostname_request: OmitEmpty[bool] = False
    client_identifier: OmitEmpty[ClientIdentifier | None] = None
    skip_routes: OmitEmpty[bool] = False


class DHCP6Operator(Part, frozen=True, kw_only=True, rename="camel"):
    route_metric: int = 0
    skip_hostname_request: OmitEmpty[bool] = False
    client_identifier: OmitEmpty[ClientIdentifier | None] = None


class VIPEquinixMetal(Part, frozen=True, kw_only=True, rename="camel"):
    project_id: str = field(default="", name="projectID")
    device_id: str = field(default="", name="deviceID")
    api_token: str = ""


class VIPHCloud(Part, frozen=True, kw_only=True, rename="camel"):
    device_id: int = field(default=0, name="deviceID")
    network_id: int = field(default=0, name="networkID")
    api_token: str = ""


class VIPOperator(Part, frozen=True, kw_only=True, rename="camel"):
    ip: Address = ""
    gratuitous_arp: bool = field(default=False, name="gratuitousARP")
    equinix_metal: OmitEmpty[VIPEquinixMetal | None] = None
    hcloud: OmitEmpty[VIPHCloud | None] = None


class OperatorSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="OperatorSpecs.net.talos.dev",
        namespace="network",
        aliases=("operatorspec", "os"),
        sensitive=True,
    )
    operator: OperatorKind = OperatorKind.DHCP4
    link_name: str = ""
    require_up: bool = False
    dhcp4: OmitEmpty[DHCP4Operator | None] = None
    dhcp6: OmitEmpty[DHCP6Operator | None] = None
    vip: OmitEmpty[VIPOperator | None] = None
    layer: Layer = Layer.DEFAULT
