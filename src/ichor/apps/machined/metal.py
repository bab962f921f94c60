"""What a machine has beside what a container has: a disk, and links to bring up and to number."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import SystemRandom

from ichor.api.attestation import AttestationService
from ichor.apps.machined import discovery
from ichor.apps.machined.api import OnDisk
from ichor.controllers.block.provision import volume_provision
from ichor.controllers.block.volume_config import volume_config
from ichor.controllers.config.acquire import acquire
from ichor.controllers.network.address_config import address_config
from ichor.controllers.network.cmdline import cmdline
from ichor.controllers.network.default_link import default_link
from ichor.controllers.network.dhcp4 import dhcp4
from ichor.controllers.network.dhcp6 import dhcp6
from ichor.controllers.network.ethernet_apply import ethernet_apply
from ichor.controllers.network.ethernet_config import ethernet_config
from ichor.controllers.network.link import link
from ichor.controllers.network.link_alias_apply import link_alias_apply
from ichor.controllers.network.link_alias_config import link_alias_config
from ichor.controllers.network.link_apply import link_apply
from ichor.controllers.network.link_config import link_config
from ichor.controllers.network.operator_config import operator_config
from ichor.controllers.network.platform_config import platform_config
from ichor.controllers.network.platform_config_apply import platform_config_apply
from ichor.controllers.network.route import route
from ichor.controllers.network.route_apply import route_apply
from ichor.controllers.network.route_config import route_config
from ichor.controllers.network.router_options import router_options
from ichor.controllers.network.rule import rule
from ichor.controllers.network.rule_apply import rule_apply
from ichor.controllers.network.rule_config import rule_config
from ichor.controllers.network.time_server import time_server
from ichor.controllers.network.time_server_config import time_server_config
from ichor.controllers.runtime.boot_assess import boot_assess
from ichor.controllers.runtime.dashboard_service import dashboard_service
from ichor.controllers.runtime.generation import least_generation
from ichor.controllers.runtime.meta import meta
from ichor.controllers.runtime.staged_upgrade import staged_upgrade
from ichor.controllers.runtime.upgrade import upgrade_probation, upgrade_settle
from ichor.controllers.time.sync import time_sync
from ichor.cosi.controller import Controller
from ichor.cosi.state import State
from ichor.linux import adjtime, booted_image
from ichor.linux.boot_entry import EspEntries
from ichor.linux.dhcp import KernelDhcp, Speaker6
from ichor.linux.ethernet import KernelEthernet
from ichor.linux.generation import FirmwareGenerations
from ichor.linux.install import DiskInstaller
from ichor.linux.measurement import MachineAccount
from ichor.linux.meta import DiskMeta
from ichor.linux.process import Reaper
from ichor.linux.proof import RootProver
from ichor.linux.reseal import DiskResealer
from ichor.linux.router_advertisements import KernelRouterAdvertisements
from ichor.linux.secure_boot import SecureBoot
from ichor.linux.staging import StagedImages
from ichor.linux.tpm import KernelTpm
from ichor.linux.volumes import KernelSystemDisk
from ichor.peers.time_sync import ClockFollower, Steering
from ichor.ports.boot_entry import BootEntries
from ichor.ports.clock import Clock
from ichor.ports.config_sources import ConfigSources
from ichor.ports.dhcp import Leases
from ichor.ports.ethernet import Ethernet
from ichor.ports.generation import Generations
from ichor.ports.meta import Meta
from ichor.ports.network import Networks
from ichor.ports.router_options import RouterAdvertisements
from ichor.ports.signer import Signing
from ichor.ports.staging import Stagings
from ichor.ports.system_disk import SystemDisks
from ichor.ports.time_sync import TimeSync
from ichor.rpc.context import Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineWorld:
    """disk: what volumes are made on."""

    sources: ConfigSources
    network: Networks
    ethernet: Ethernet
    leases: Leases
    leases6: Leases
    routers: RouterAdvertisements
    disk: SystemDisks
    time: TimeSync


@dataclass(frozen=True, slots=True, kw_only=True)
class MetalWorld(MachineWorld):
    """One that started from its disk."""

    boot: BootEntries
    generations: Generations
    meta: Meta
    staging: Stagings


def adapters(
    state: State, network: Networks, clock: Clock, reaper: Reaper, signer: Signing
) -> tuple[MetalWorld, OnDisk]:
    """To be called in the loop."""
    entries, values, generations = EspEntries(), DiskMeta(), FirmwareGenerations()
    vouch = SecureBoot(signer, asyncio.get_running_loop()).vouch
    installer = DiskInstaller(entries, values, vouch)
    world = MetalWorld(
        boot=entries,
        generations=generations,
        meta=values,
        staging=StagedImages(values, installer.upgrade),
        sources=discovery.sources(state, clock),
        network=network,
        ethernet=KernelEthernet(),
        leases=KernelDhcp(clock, SystemRandom()),
        disk=KernelSystemDisk(reaper, values),
        leases6=KernelDhcp(clock, SystemRandom(), Speaker6),
        routers=KernelRouterAdvertisements(clock),
        time=follower(clock),
    )
    return world, OnDisk(
        installer=installer,
        meta=values,
        prover=RootProver(entries, vouch),
        generations=generations,
        resealer=DiskResealer(values),
    )


def follower(clock: Clock) -> TimeSync:
    steering = Steering(step=adjtime.step, slew=adjtime.slew, read=adjtime.read)
    return ClockFollower(clock, steering)


def attesting() -> Mapping[str, Handler]:
    """Give what serves the TPM's word; without a TPM it says so."""
    tpm = KernelTpm(booted_image.signed_states)
    return AttestationService(MachineAccount(tpm)).handlers()


def shared(world: MachineWorld) -> tuple[Controller, ...]:
    """Give what a machine does wherever it started from."""
    return (
        acquire(world.sources),
        platform_config,
        platform_config_apply,
        default_link,
        cmdline,
        link_alias_config,
        link_alias_apply(world.network),
        ethernet_config,
        ethernet_apply(world.ethernet),
        link_config,
        link,
        link_apply(world.network),
        address_config,
        operator_config,
        dhcp4(world.leases),
        dhcp6(world.leases6),
        router_options(world.routers),
        route_config,
        route,
        route_apply(world.network),
        volume_config,
        rule_config,
        rule,
        rule_apply(world.network),
        time_server_config,
        time_server,
        time_sync(world.time),
        volume_provision(world.disk),
        dashboard_service,
    )


def controllers(world: MetalWorld) -> tuple[Controller, ...]:
    return (
        *shared(world),
        boot_assess(world.boot),
        least_generation(world.generations),
        meta(world.meta),
        staged_upgrade(world.staging),
        upgrade_probation,
        upgrade_settle(world.meta),
    )
