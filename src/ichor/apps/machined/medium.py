"""What a machine has that came from a boot medium: links, and disks that it can be installed to."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from ichor.apps.machined import afresh, discovery
from ichor.apps.machined.api import OnDisk
from ichor.apps.machined.metal import MachineWorld, follower, shared
from ichor.controllers.runtime.installation import installation
from ichor.cosi.controller import Controller
from ichor.cosi.state import State
from ichor.errors import NotFound
from ichor.linux import system_disk
from ichor.linux.boot_entry import EspEntries
from ichor.linux.dhcp import KernelDhcp, Speaker6
from ichor.linux.ethernet import KernelEthernet
from ichor.linux.generation import FirmwareGenerations
from ichor.linux.medium import Medium
from ichor.linux.meta import DiskMeta
from ichor.linux.mount import KernelMounts
from ichor.linux.process import Reaper
from ichor.linux.proof import RootProver
from ichor.linux.reseal import DiskResealer
from ichor.linux.router_advertisements import KernelRouterAdvertisements
from ichor.linux.secure_boot import SecureBoot
from ichor.linux.volumes import KernelSystemDisk
from ichor.log import fields, logger
from ichor.ports.clock import Clock
from ichor.ports.installation import Holds, Installations, Machine
from ichor.ports.network import Networks
from ichor.ports.signer import Signing
from ichor.resources.block.partition import META, STATE
from ichor.resources.runtime.installation import BootMedium

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumWorld(MachineWorld):
    """disk: that was installed to."""

    installations: Installations


def adapters(
    state: State,
    medium: Medium,
    network: Networks,
    clock: Clock,
    reaper: Reaper,
    signer: Signing,
) -> tuple[MediumWorld, OnDisk]:
    """To be called in the loop."""

    def device() -> Path:
        disk = system_disk.observe(medium.installed)
        if disk is None:
            raise NotFound("this machine is not installed: it has no META")
        return Path(disk.device(META))

    values, generations = DiskMeta(device), FirmwareGenerations()
    vouch = SecureBoot(signer, asyncio.get_running_loop()).vouch
    world = MediumWorld(
        sources=discovery.sources(state, clock),
        network=network,
        ethernet=KernelEthernet(),
        leases=KernelDhcp(clock, SystemRandom()),
        leases6=KernelDhcp(clock, SystemRandom(), Speaker6),
        routers=KernelRouterAdvertisements(clock),
        time=follower(clock),
        disk=KernelSystemDisk(reaper, values, lambda: medium.installed),
        installations=medium,
    )
    return world, OnDisk(
        installer=medium,
        meta=values,
        prover=RootProver(EspEntries(), vouch),
        generations=generations,
        resealer=DiskResealer(values),
    )


def controllers(world: MediumWorld) -> tuple[Controller, ...]:
    return (*shared(world), installation(world.installations))


def found(seen: Machine) -> BootMedium:
    """Give what is known of it from the start."""
    disks = tuple(one.name for one in seen.targets if one.holds is Holds.INSTALLED)
    if disks:
        hint = "remove the medium, or start with talos.halt_if_installed=0"
        log.warning("this machine is installed", extra=fields(disks=disks, hint=hint))
    return BootMedium(image=seen.image, installed=disks)


def hand_over(name: str) -> None:
    """Have the closed store on STATE of the disk that was installed to, if that was made."""
    disk = system_disk.observe(name)
    if disk is not None and STATE in disk.whole:
        afresh.move(disk, KernelMounts())
        log.info("configuration is on the disk", extra=fields(disk=name))
