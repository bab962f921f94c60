"""The product's controllers of links over the kernel, in a namespace of its own: they come to rest.

What this host's kernel lacks of links is looked at in a kernel of ours (tests/vm/links.py).
"""

import asyncio
from random import Random

import pytest
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.config.decode import decode
from ichor.controllers.network.address import address
from ichor.controllers.network.address_apply import address_apply
from ichor.controllers.network.address_config import address_config
from ichor.controllers.network.default_link import default_link
from ichor.controllers.network.link import link
from ichor.controllers.network.link_apply import link_apply
from ichor.controllers.network.link_config import link_config
from ichor.controllers.network.link_names import link_names
from ichor.controllers.network.route import route
from ichor.controllers.network.route_apply import route_apply
from ichor.controllers.network.route_config import route_config
from ichor.controllers.network.rule import rule
from ichor.controllers.network.rule_apply import rule_apply
from ichor.controllers.network.rule_config import rule_config
from ichor.controllers.network.watch import network_watch
from ichor.cosi.controller import Controller
from ichor.cosi.memory import Memory
from ichor.cosi.resource import key_of, resource
from ichor.cosi.runtime import Engine
from ichor.cosi.state import find_all
from ichor.linux.clock import KernelClock
from ichor.linux.network import KernelNetwork
from ichor.ports.network import Bridge, CreateLink
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.route import RouteStatus
from ichor.resources.network.routing_rule import RoutingRuleStatus

pytestmark = pytest.mark.root
DOCUMENTS = """
apiVersion: v1alpha1
kind: BridgeConfig
name: br1
mtu: 1450
links: [v1]
stp: {enabled: true}
addresses: [{address: 192.0.2.1/24}, {address: "2001:db8::1/64"}]
routes: [{destination: 198.51.100.0/24, gateway: 192.0.2.2, table: "42"}]
---
apiVersion: v1alpha1
kind: VethConfig
name: v0
addresses: [{address: 10.9.0.1/24, routePriority: 7}]
peer: {name: v1}
---
apiVersion: v1alpha1
kind: BlackholeRouteConfig
name: 203.0.113.0/24
---
apiVersion: v1alpha1
kind: RoutingRuleConfig
name: "1000"
src: 192.0.2.0/24
table: "42"
"""
THERE = {
    "br1",
    "v0",
    "v1",
    "br1/192.0.2.1/24",
    "br1/2001:db8::1/64",
    "v0/10.9.0.1/24",
    "42/br1/inet4/192.0.2.2/198.51.100.0/24/1024",
    "/inet4//203.0.113.0/24/1024",
    "v0/inet4//10.9.0.0/24/7",
    "inet4/01000",
}


def controllers() -> tuple[Controller, ...]:
    port = KernelNetwork()
    applied = (address_apply(port), link_apply(port), route_apply(port), rule_apply(port))
    offers = (link_names, default_link, link_config, address_config, route_config, rule_config)
    return (*offers, link, address, route, rule, *applied, network_watch(port))


def shown(state: Memory) -> set[str]:
    kinds = (LinkStatus, AddressStatus, RouteStatus, RoutingRuleStatus)
    return {one.id for kind in kinds for one in find_all(state, kind)}


async def live() -> None:
    state = Memory(KernelClock().now)
    KernelNetwork().apply(CreateLink(name="foreign", kind=Bridge()))
    config = resource(ActiveConfig(value=decode(DOCUMENTS)), ID)
    state.create(config)
    engine = Engine(state, controllers(), time=KernelClock(), random=Random(0))
    running = asyncio.create_task(engine.run())
    try:
        async with asyncio.timeout(30):
            while not shown(state) >= THERE:  # noqa: ASYNC110 - the kernel says it in its own time
                await asyncio.sleep(0.05)
            state.teardown(key_of(ActiveConfig, ID))
            while shown(state) & THERE:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert "foreign" in shown(state)
    except TimeoutError:
        raise AssertionError((THERE - shown(state), shown(state) & THERE)) from None
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def scenario() -> None:
    asyncio.run(live())


def test_links_come_and_go_with_their_documents() -> None:
    fresh(scenario, *ALONE)
