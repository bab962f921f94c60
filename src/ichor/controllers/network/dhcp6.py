"""DHCP6: one conversation for each operator whose link carries; a lease is an offer of its layer.

    network/OperatorSpec (all) ─┐
    network/LinkStatus (all)   ─┴─► plan ─► Converse, Silence
                                 ─► network-config/AddressSpec, ResolverSpec, TimeServerSpec

Routes come by router advertisements, which the kernel hears; so do the addresses that a node makes
of the prefixes they tell.
"""

from collections.abc import Iterator

from ichor.controllers.network.lease import (
    OUTPUTS,
    Inputs,
    Observed,
    addresses,
    asked_of,
    conversations,
    resolvers,
    time_servers,
)
from ichor.cosi.controller import Actuator, Output
from ichor.ports.dhcp import Action, Leases
from ichor.resources.network.kinds import ClientIdentifierKind, OperatorKind
from ichor.resources.network.operator import OperatorSpec

KIND = OperatorKind.DHCP6
_OF_MAC = "00030001"  # a DUID-LL of Ethernet (RFC 8415, 11.4)


def plan(inputs: Inputs, held: Observed) -> Iterator[Action]:
    yield from conversations(inputs, held, KIND, identifier)


def identifier(operator: OperatorSpec, mac: str) -> str:
    wanted = operator.dhcp6.client_identifier if operator.dhcp6 else None
    if wanted is not None and wanted.client_identifier is ClientIdentifierKind.DUID:
        return wanted.duid_raw_hex
    return _OF_MAC + mac.replace(":", "")


def report(inputs: Inputs, held: Observed) -> Iterator[Output]:
    for operator, lease in asked_of(inputs, held, KIND):
        yield from addresses(operator, lease)
        yield from resolvers(operator, lease)
        yield from time_servers(operator, lease)


def dhcp6(port: Leases) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name="network.DHCP6",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        outputs=OUTPUTS,
        report=report,
    )
