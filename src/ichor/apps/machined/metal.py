"""What a machine has beside what a container has: links of its own to bring up and to number."""

from dataclasses import dataclass
from random import SystemRandom

from ichor.controllers.network.dhcp4 import dhcp4
from ichor.controllers.network.link_apply import link_apply
from ichor.controllers.network.operator import operators
from ichor.controllers.network.route import route
from ichor.controllers.network.route_apply import route_apply
from ichor.cosi.controller import Controller
from ichor.linux.dhcp import KernelDhcp
from ichor.ports.clock import Clock
from ichor.ports.dhcp import Leases
from ichor.ports.network import Networks


@dataclass(frozen=True, slots=True, kw_only=True)
class MetalWorld:
    network: Networks
    leases: Leases


def adapters(network: Networks, clock: Clock) -> MetalWorld:
    return MetalWorld(network=network, leases=KernelDhcp(clock, SystemRandom()))


def controllers(world: MetalWorld) -> tuple[Controller, ...]:
    return (
        operators,
        link_apply(world.network),
        dhcp4(world.leases),
        route,
        route_apply(world.network),
    )
