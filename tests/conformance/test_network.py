"""The network's model and the kernel agree, in a network namespace of its own."""

import asyncio

import pytest
from msgspec.structs import replace
from tests.conformance.test_ports import ALONE, agree
from tests.fresh import fresh

from ichor.linux.network import KernelNetwork
from ichor.models import network as model
from ichor.ports.network import (
    Action,
    Add,
    Address,
    Announce,
    Bridge,
    CreateLink,
    Delete,
    DeleteLink,
    Kind,
    Link,
    Neighbour,
    Network,
    Route,
    Rule,
    SetLink,
    Veth,
    Vxlan,
)

pytestmark = pytest.mark.root


def settled(link: Link) -> Link:
    """Leave out what only the world can say."""
    return replace(link, index=0, mac="", running=False, operational="")


def view(network: Network) -> Network:
    """Leave out what the model does not claim: numbers, carriers, IPv6's own doings."""
    return Network(
        links=tuple(sorted(map(settled, network.links), key=lambda each: each.name)),
        addresses=tuple(each for each in network.addresses if ":" not in each.address),
        routes=tuple(each for each in network.routes if not each.ipv6),
        neighbours=tuple(each for each in network.neighbours if ":" not in each.address),
        rules=network.rules,
    )


class Ours:
    """Both sides seen through the view; the model is fed what the kernel really said."""

    def __init__(self) -> None:
        self.kernel = KernelNetwork()

    def observe(self) -> Network:
        return view(self.kernel.observe())

    def model(self, network: Network, action: Action) -> Network:
        # The kernel hides the tunnels' templates of the namespace (sit0 and such) from nobody.
        return view(model.model(network, action))


ACTIONS: list[Action] = [
    SetLink(name="lo", up=True),
    SetLink(name="lo", alias="itself"),
    SetLink(name="lo", alias=""),
    SetLink(name="none", alias="nobody"),
    CreateLink(name="br0", kind=Bridge(), mtu=1400),
    CreateLink(name="br0", kind=Bridge()),
    CreateLink(name="one", kind=Veth(peer="two")),
    SetLink(name="one", master="br0", up=True),
    SetLink(name="none", up=True),
    SetLink(name="br0", up=True, mtu=1450),
    Add(what=Address(link="br0", address="10.5.0.2/24")),
    Add(what=Address(link="br0", address="10.5.0.2/24")),
    Add(what=Address(link="br0", address="10.6.0.2/32")),
    Announce(link="br0", address="10.6.0.2/32"),
    Announce(link="none", address="10.6.0.2/32"),
    SetLink(name="two", up=True),
    Add(what=Address(link="none", address="10.5.0.3/24")),
    Add(what=Route(gateway="10.5.0.1", link="br0")),
    Add(what=Route(gateway="10.5.0.9", link="br0")),
    Add(what=Route(destination="10.244.1.0/24", gateway="10.5.0.3", priority=5, mtu=1400)),
    Add(what=Route(destination="10.244.2.0/24", gateway="10.9.9.9", link="br0")),
    Add(what=Route(destination="10.244.2.0/24", gateway="10.9.9.9", link="br0", onlink=True)),
    Add(what=Route(destination="10.0.0.0/8", link="br0", table=1000, scope=253)),
    Delete(what=Route(destination="10.99.0.0/16")),
    Delete(what=Route(destination="10.244.1.0/24", gateway="10.5.0.3", priority=5)),
    CreateLink(name="vx", kind=Vxlan(id=1, local="10.5.0.2", link="br0", learning=False), mtu=1400),
    SetLink(name="vx", up=True),
    Add(what=Neighbour(link="vx", address="10.244.3.0", mac="02:00:00:00:00:03")),
    Add(what=Neighbour(link="vx", address="10.5.0.3", mac="02:00:00:00:00:03", forwarding=True)),
    Add(what=Neighbour(link="vx", address="10.5.0.4", mac="02:00:00:00:00:03", forwarding=True)),
    Delete(what=Neighbour(link="vx", address="10.5.0.4", mac="02:00:00:00:00:03", forwarding=True)),
    Delete(what=Neighbour(link="vx", address="10.244.3.0", mac="02:00:00:00:00:03")),
    Add(what=Rule(priority=32500, table=180, mark=0x20, mask=0x60)),
    Add(what=Rule(priority=32500, table=180, mark=0x20, mask=0x60)),
    Add(what=Rule(priority=100, source="10.0.0.0/8", table=1000)),
    Delete(what=Rule(priority=32500, table=180, mark=0x20, mask=0x60)),
    Delete(what=Rule(priority=32500, table=180, mark=0x20, mask=0x60)),
    SetLink(name="one", master=""),
    Delete(what=Address(link="br0", address="10.6.0.2/32")),
    Delete(what=Address(link="br0", address="10.6.0.2/32")),
    DeleteLink(name="vx"),
    SetLink(name="br0", up=False),
    Announce(link="br0", address="10.5.0.2/24"),
    Add(what=Route(destination="10.7.0.0/16", link="br0")),
    SetLink(name="br0", up=True),
    DeleteLink(name="one"),
    DeleteLink(name="one"),
    DeleteLink(name="br0"),
]


def network_scenario() -> None:
    ours = Ours()
    agree(ours.observe, ours.kernel.apply, ours.model, ACTIONS)


def test_network() -> None:
    fresh(network_scenario, *ALONE)


def ipv6_scenario() -> None:
    kernel = KernelNetwork()
    kernel.apply(CreateLink(name="br0", kind=Bridge()))
    kernel.apply(SetLink(name="br0", up=True))
    kernel.apply(Add(what=Address(link="br0", address="fd00::2/64")))
    route = Route(gateway="fd00::1", link="br0", priority=1024, ipv6=True)
    kernel.apply(Add(what=route))
    assert Address(link="br0", address="fd00::2/64") in kernel.observe().addresses
    assert route in kernel.observe().routes
    kernel.apply(Delete(what=route))
    assert route not in kernel.observe().routes


def test_ipv6_addresses_and_routes_are_set_and_seen() -> None:
    fresh(ipv6_scenario, *ALONE)


def kinds_scenario() -> None:
    kernel = KernelNetwork()
    kernel.apply(CreateLink(name="br0", kind=Bridge(stp=True)))
    kinds: dict[str, Kind] = {
        "vx4": Vxlan(id=7, port=4790, local="10.0.0.1", link="br0"),
        "vx6": Vxlan(id=8, local="fd00::1", learning=False),
    }
    for name, kind in kinds.items():
        kernel.apply(CreateLink(name=name, kind=kind, mac="02:00:00:00:00:09"))
    seen = {link.name: link for link in kernel.observe().links}
    assert {name: seen[name].kind for name in kinds} == kinds
    assert seen["vx4"].mac == "02:00:00:00:00:09"
    assert seen["br0"].kind == Bridge(stp=True)


def test_settings_of_links_are_set_and_seen() -> None:
    fresh(kinds_scenario, *ALONE)


async def _wake() -> None:
    kernel = KernelNetwork()
    wakes = kernel.wakes()
    await anext(wakes)  # once at first
    first = asyncio.ensure_future(anext(wakes))
    await asyncio.sleep(0)
    kernel.apply(SetLink(name="lo", up=True))
    async with asyncio.timeout(10):
        await first
    with pytest.raises(OSError, match="gateway"):  # its own words, by extended acknowledgement
        kernel.apply(Add(what=Route(gateway="10.9.9.9", link="lo")))


def wake_scenario() -> None:
    asyncio.run(_wake())


def test_changes_wake_and_refusals_carry_the_kernels_words() -> None:
    fresh(wake_scenario, *ALONE)
