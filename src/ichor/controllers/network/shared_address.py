"""SharedAddress: stand for the addresses that control planes share; whoever is elected has them.

    network/OperatorSpec (all)    ─┐
    network/LinkStatus (all)      ─┼─► plan ─► Stand, Withdraw
    runtime/MachineStatus         ─┘       ─► network-config/AddressSpec "vip/<link>/<address>"

A machine on its way out withdraws first, so that nobody has to miss it. Where the link is gone or
down there is nothing to stand for.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Annotated

from msgspec import Struct

from ichor.controllers.network.operator import name_of
from ichor.cosi.controller import Actuator, All, Get, Out, Output
from ichor.ports.shared_address import Action, Elections, Stand, Standings, Withdraw
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import Family, Layer, OperatorKind
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import OperatorSpec
from ichor.resources.runtime.ids import MACHINE_STATUS_ID
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus

_STANDING = (MachineStage.BOOTING, MachineStage.RUNNING)


class Inputs(Struct, frozen=True, kw_only=True):
    operators: Annotated[Mapping[str, OperatorSpec], All("network")] = {}
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}
    machine: Annotated[MachineStatus | None, Get("runtime", MACHINE_STATUS_ID)] = None


def plan(inputs: Inputs, standings: Standings) -> Iterator[Action]:
    wanted = shared(inputs)
    for address in standings:
        if address not in wanted:
            yield Withdraw(address=address)
    for address in wanted:
        if address not in standings:
            yield Stand(address=address)


def shared(inputs: Inputs) -> Mapping[str, OperatorSpec]:
    """Give the operators whose link carries, by the address they are about."""
    if inputs.machine is None or inputs.machine.stage not in _STANDING:
        return {}
    return {
        one.vip.ip: one
        for one in inputs.operators.values()
        if one.operator is OperatorKind.VIP and one.vip is not None and carries(inputs, one)
    }


def carries(inputs: Inputs, operator: OperatorSpec) -> bool:
    link = inputs.links.get(operator.link_name)
    return link is not None and link.link_state


def report(inputs: Inputs, standings: Standings) -> Iterator[Output]:
    for address, operator in shared(inputs).items():
        if standings.get(address):
            spec, id = address_spec(operator, address), name_of(operator)
            yield Output(id=id, spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def address_spec(operator: OperatorSpec, address: str) -> AddressSpec:
    is_v6 = ip_address(address).version == 6
    return AddressSpec(
        address=f"{address}/{128 if is_v6 else 32}",
        link_name=operator.link_name,
        family=Family.INET6 if is_v6 else Family.INET4,
        flags="permanent",
        announce_with_arp=operator.vip is not None and operator.vip.gratuitous_arp,
        layer=Layer.OPERATOR,
    )


def shared_address(port: Elections) -> Actuator[Inputs, Standings, Action]:
    return Actuator(
        name="network.SharedAddress",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        outputs=[Out(AddressSpec, CONFIG_NAMESPACE_NAME)],
        report=report,
    )
