"""OperatorConfig: on which links the configuration has leases asked for.

network/ActiveConfig ─► network-config/OperatorSpec "configuration/dhcp4/<link>", ".../dhcp6/<link>"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.dhcp import DHCPv4Config, DHCPv6Config
from ichor.controllers.network.operator import name_of
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import ClientIdentifierKind, Layer, OperatorKind
from ichor.resources.network.operator import (
    ClientIdentifier,
    DHCP4Operator,
    DHCP6Operator,
    OperatorSpec,
)


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("network", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    if inputs.config is None:
        return
    config = inputs.config.value
    asked = [dhcp4(one) for one in config.named(DHCPv4Config).values()]
    asked += [dhcp6(one) for one in config.named(DHCPv6Config).values()]
    for spec in asked:
        id = f"configuration/{name_of(spec)}"
        yield Output(id=id, spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def dhcp4(given: DHCPv4Config) -> OperatorSpec:
    return OperatorSpec(
        operator=OperatorKind.DHCP4,
        link_name=given.name,
        require_up=True,
        dhcp4=DHCP4Operator(
            route_metric=given.route_metric,
            skip_hostname_request=given.ignore_hostname,
            skip_routes=given.ignore_routes,
            client_identifier=identifier(given),
        ),
        layer=Layer.CONFIGURATION,
    )


def dhcp6(given: DHCPv6Config) -> OperatorSpec:
    return OperatorSpec(
        operator=OperatorKind.DHCP6,
        link_name=given.name,
        require_up=True,
        dhcp6=DHCP6Operator(client_identifier=identifier(given)),
        layer=Layer.CONFIGURATION,
    )


def identifier(given: DHCPv4Config | DHCPv6Config) -> ClientIdentifier:
    return ClientIdentifier(
        client_identifier=ClientIdentifierKind.named(given.client_identifier),
        duid_raw_hex=(given.duid_raw or "").replace(":", "").lower(),
    )


operator_config = Transform(
    name="network.OperatorConfig",
    inputs=Inputs,
    outputs=[Out(OperatorSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
