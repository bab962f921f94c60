"""LinkApply: the links there should be, as they should be.

    network/LinkSpec (all), what the kernel has ─► plan ─► CreateLink, SetLink, SetWireguard,
                                                           DeleteLink

Links that we made bear our group, a number the kernel keeps with them: only such are removed or
made anew, also by a later life of PID 1. What a link's kind is told cannot be changed while it is
in use, so it is made anew where that differs; WireGuard alone is told in place, and its alias says
which wish it was told. A link that stands on another, or is a port of one, waits for that.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.controllers.network.link_kind import digest, kind_of
from ichor.cosi.controller import Actuator, All
from ichor.ports.network import (
    Action,
    Bond,
    CreateLink,
    DeleteLink,
    Kind,
    Link,
    Network,
    Networks,
    SetLink,
    SetWireguard,
    Veth,
    Vlan,
    Wireguard,
)
from ichor.resources.network.link import LinkSpec

GROUP = 73  # as our protocol of routes: the letter I
World = dict[str, Link]


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Mapping[str, LinkSpec], All("network")] = {}


def plan(inputs: Inputs, network: Network) -> Iterator[Action]:
    world = {link.name: link for link in network.links}
    for link in network.links:
        wanted = inputs.wanted.get(link.name)
        is_ours = link.group == GROUP and link.name in world
        if is_ours and (wanted is None or kind_of(wanted) is None):
            yield remove(link.name, world)
    for spec in in_order(inputs.wanted):
        yield from exist(spec, world)
        if spec.name in world:
            yield from settle(spec, world)


def in_order(wanted: Mapping[str, LinkSpec]) -> Sequence[LinkSpec]:
    """Give each behind what it stands on and what it is a port of."""
    done: dict[str, LinkSpec] = {}

    def visit(name: str, above: frozenset[str]) -> None:
        spec = wanted.get(name)
        if spec is None or name in done or name in above:
            return
        for other in (spec.parent_name, master_of(spec)):
            visit(other, above | {name})
        done[name] = spec

    for name in sorted(wanted):
        visit(name, frozenset())
    return list(done.values())


def master_of(spec: LinkSpec) -> str:
    bridge = spec.bridge_slave.master_name if spec.bridge_slave else ""
    vrf = spec.vrf_slave.master_name if spec.vrf_slave else ""
    return spec.master_name or bridge or vrf


def exist(spec: LinkSpec, world: World) -> Iterator[Action]:
    """Make the link, also in place of one of ours that is told something else."""
    kind, held = kind_of(spec), world.get(spec.name)
    if kind is None or (held is not None and not is_to_be_replaced(kind, held, world)):
        return
    if not is_possible(kind, world, held):
        return
    if held is not None:
        yield remove(spec.name, world)
    told = at_first(kind, world)
    made = CreateLink(name=spec.name, kind=told, mac=spec.hardware_addr, mtu=spec.mtu, group=GROUP)
    yield made
    world[spec.name] = Link(
        name=spec.name, kind=told, group=GROUP, mac=made.mac, mtu=made.mtu, multicast=False
    )
    if isinstance(kind, Veth):
        peer = Veth(peer=spec.name)
        world[kind.peer] = Link(name=kind.peer, kind=peer, group=GROUP, multicast=False)


def is_to_be_replaced(kind: Kind, held: Link, world: World) -> bool:
    """Say whether a link of ours is told something else. Others' are never replaced."""
    if held.group != GROUP or held.kind == kind:
        return False
    if isinstance(kind, Wireguard) and isinstance(held.kind, Wireguard):
        return False
    if isinstance(kind, Bond) and isinstance(held.kind, Bond) and not held.kind.primary:
        # The kernel tells it only once it is a port.
        is_port = kind.primary in world and world[kind.primary].master == held.name
        return is_port or held.kind != replace(kind, primary="")
    return True


def is_possible(kind: Kind, world: World, held: Link | None) -> bool:
    if isinstance(kind, Vlan):
        return kind.link in world
    if isinstance(kind, Veth):
        peer = world.get(kind.peer)
        is_our_pair = held is not None and peer is not None and peer.group == GROUP
        return bool(kind.peer) and (peer is None or is_our_pair)
    return True


def at_first(kind: Kind, world: World) -> Kind:
    """Give what a link can be told when it is made: keys come later, a primary that is there."""
    match kind:
        case Wireguard():
            return Wireguard()
        case Bond(primary=primary) if primary not in world:
            return replace(kind, primary="")
        case _:
            return kind


def settle(spec: LinkSpec, world: World) -> Iterator[Action]:
    """Bring a link that is there to what it should be."""
    yield from set_keys(spec, world)
    held = world[spec.name]
    if spec.hardware_addr and spec.hardware_addr.lower() != held.mac:
        yield change(SetLink(name=spec.name, mac=spec.hardware_addr.lower()), world)
    if spec.multicast and not held.multicast:
        yield change(SetLink(name=spec.name, multicast=True), world)
    yield from set_master(spec, world)
    if spec.up != world[spec.name].up and (not spec.up or can_come_up(world[spec.name], world)):
        yield change(SetLink(name=spec.name, up=spec.up), world)
    if spec.mtu and spec.mtu != held.mtu:  # last: a driver may refuse it
        yield change(SetLink(name=spec.name, mtu=spec.mtu), world)


def set_keys(spec: LinkSpec, world: World) -> Iterator[Action]:
    kind, held = kind_of(spec), world[spec.name]
    if isinstance(kind, Wireguard) and isinstance(held.kind, Wireguard) and held.group == GROUP:
        wish = digest(kind)
        if held.alias != wish:
            yield SetWireguard(name=spec.name, wireguard=kind, alias=wish)


def set_master(spec: LinkSpec, world: World) -> Iterator[Action]:
    """Make it a port of its master; a bond takes only links that are down, and sets them up."""
    wanted, held = master_of(spec), world[spec.name]
    master = world.get(wanted or held.master)
    if master is None or wanted == held.master:
        return
    if not wanted:
        if master.group == GROUP:  # a port of somebody else's bridge is their business
            yield change(SetLink(name=spec.name, master=""), world)
        return
    if isinstance(master.kind, Bond) and held.up:
        yield change(SetLink(name=spec.name, up=False), world)
    yield change(SetLink(name=spec.name, master=wanted), world)


def can_come_up(link: Link, world: World) -> bool:
    """Say whether it can: a VLAN's carrier has to be up (net/8021q/vlan_dev.c)."""
    lower = world.get(link.kind.link) if isinstance(link.kind, Vlan) else None
    return lower is None or lower.up


def change(action: SetLink, world: World) -> SetLink:
    """Note what it does, so that what follows is planned on it."""
    held = world[action.name]
    before = world.get(held.master)
    after = world.get(action.master or "")
    up = held.up if action.up is None else action.up
    if action.master is not None and isinstance(before.kind if before else None, Bond):
        up = False  # a bond sets down what leaves it
    if action.master and isinstance(after.kind if after else None, Bond):
        up = True
    world[action.name] = replace(
        held, up=up, master=held.master if action.master is None else action.master
    )
    return action


def remove(name: str, world: World) -> DeleteLink:
    """Note what goes with it: a veth's other end, VLANs on it; its ports are nobody's then."""
    gone = world.pop(name)
    if isinstance(gone.kind, Veth):
        world.pop(gone.kind.peer, None)
    for other in list(world.values()):
        if isinstance(other.kind, Vlan) and other.kind.link == name and other.name in world:
            remove(other.name, world)
        elif other.master == name:
            is_down = isinstance(gone.kind, Bond)
            world[other.name] = replace(other, master="", up=other.up and not is_down)
    return DeleteLink(name=name)


def link_apply(port: Networks) -> Actuator[Inputs, Network, Action]:
    return Actuator(
        name="network.LinkApply",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        apart=True,
    )
