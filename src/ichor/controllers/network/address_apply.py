"""AddressApply: links have the addresses they should have.

    network/AddressSpec (all), what the kernel has ─► plan ─► Add, Delete, Announce

Of what is not asked for two sorts are taken away: those that bear our protocol number, and
host-scope addresses on loopback beside its own, for only this system puts those there. All others
belong to the launcher or to the network plugin. A link that is not there yet is waited for: it
wakes us when it comes. One that wanders between machines is announced where it comes to be.
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_interface
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All
from ichor.ports.network import Action, Add, Address, Announce, Delete, Network, Networks, SetLink
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.kinds import Family

PROTOCOL = 73  # as of the pod network's routes: no program but ours has it
_HOST_SCOPE = 254


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Sequence[AddressSpec], All("network")] = ()


def plan(inputs: Inputs, network: Network) -> Iterator[Action]:
    links = {link.name: link for link in network.links}
    present = {(one.link, one.address): one for one in network.addresses}
    wanted = {(one.link_name, one.address): one for one in inputs.wanted}
    for link in network.links:
        if link.loopback and not link.up:
            yield SetLink(name=link.name, up=True)
    for one in network.addresses:
        known = (one.link, one.address) in wanted
        is_ours = one.protocol == PROTOCOL or (links[one.link].loopback and is_added(one))
        if not known and is_ours:
            yield Delete(what=one)
    for (name, text), spec in sorted(wanted.items()):
        held = present.get((name, text))
        is_told_otherwise = held is not None and spec.priority not in (0, held.priority)
        if name in links and (held is None or is_told_otherwise):
            yield Add(what=kernel_address(spec))
        if name in links and held is None and spec.announce_with_arp:
            yield Announce(link=name, address=text)


def kernel_address(spec: AddressSpec) -> Address:
    return Address(
        link=spec.link_name,
        address=spec.address,
        scope=spec.scope.number,
        protocol=PROTOCOL,
        priority=spec.priority,
        # Who had it before may be dead without having let go of it.
        shared=spec.announce_with_arp and spec.family is Family.INET6,
    )


def is_added(address: Address) -> bool:
    """Say whether somebody gave loopback this address; the kernel gives 127.0.0.1 and ::1."""
    return address.scope == _HOST_SCOPE and not ip_interface(address.address).ip.is_loopback


def address_apply(port: Networks) -> Actuator[Inputs, Network, Action]:
    return Actuator(
        name="network.AddressApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        apart=True,
    )
