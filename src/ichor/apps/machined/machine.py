"""A node's life in one loop: store, engine, API, until somebody asks for the end."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from ichor.api.event_tap import EventTap
from ichor.api.events import EventLog
from ichor.api.operations import Operations
from ichor.api.ring import LogRing
from ichor.apps.machined import (
    api,
    identity,
    init_group,
    joining,
    layers,
    networking,
    verifying,
    volumes,
    wiping,
)
from ichor.apps.machined.fate import RunFate
from ichor.apps.machined.kubernetes import KubernetesAdapters
from ichor.apps.machined.operating import OperatingWorld
from ichor.apps.machined.services import BothServices
from ichor.apps.machined.site import Site
from ichor.apps.machined.wiring import Adapters, controllers
from ichor.controllers.cri import hosts
from ichor.controllers.k8s import kubelet_args
from ichor.cosi.controller import Controller
from ichor.cosi.disk import Disk
from ichor.cosi.memory import Memory
from ichor.cosi.resource import Kind, Spec, kind_of, resource
from ichor.cosi.runtime import Engine
from ichor.cosi.sequence import Sequence
from ichor.cosi.sequencer import StoreJournal
from ichor.cosi.state import find_all
from ichor.errors import IchorError
from ichor.linux import efi, host, power_button, procfs
from ichor.linux.cgroup import CgroupsV2, detect
from ichor.linux.clock import KernelClock
from ichor.linux.etc import KernelEtc
from ichor.linux.file import KernelFiles
from ichor.linux.issuance import LocalIssuance
from ichor.linux.kmsg import KernelKmsg
from ichor.linux.launch import Launcher
from ichor.linux.loopback import belongs_to
from ichor.linux.mount import KernelMounts
from ichor.linux.network import KernelNetwork
from ichor.linux.process import Reaper, on_signals
from ichor.linux.random import KernelRandom
from ichor.linux.services import Supervisor
from ichor.linux.signer import Signer
from ichor.linux.uts import KernelUts
from ichor.log import fields, logger
from ichor.peers.bootstrap_access import BootstrapToken
from ichor.peers.cluster_manifests import NodeManifests
from ichor.peers.container_services import ContainerServices
from ichor.peers.containerd import ContainerdContainers
from ichor.peers.containerd_images import ContainerdImages
from ichor.peers.etcd_local import connector
from ichor.peers.etcd_membership import NodeMembership
from ichor.peers.health import Prober
from ichor.peers.pods import ContainerdPods
from ichor.peers.static_pods import StaticPodServer
from ichor.ports.fate import Fate
from ichor.ports.power import Ending
from ichor.resources.block.disk import SystemDisk
from ichor.resources.block.ids import SYSTEM_DISK_ID
from ichor.resources.cluster.identity import Identity
from ichor.resources.config.generation import ConfigGeneration, generation_id
from ichor.resources.runtime.boot import BootedEntry, BootID, KernelCmdline
from ichor.resources.runtime.host import ID as HOST_ID
from ichor.resources.runtime.ids import (
    BOOT_ID_ID,
    BOOTED_ENTRY_ID,
    KERNEL_CMDLINE_ID,
    SECURITY_STATE_ID,
)
from ichor.resources.runtime.installation import ID as INSTALLATION_ID
from ichor.resources.secrets.roots import ID as ROOTS_ID
from ichor.rpc.client import Channel
from ichor.rpc.context import Handler
from ichor.rpc.peer import UnixTarget
from ichor.rpc.server import Server
from ichor.sequences import container, metal
from ichor.sequences.start import BOOT
from ichor.units import parse_duration

if TYPE_CHECKING:
    from ichor.linux.medium import Medium

log = logger(__name__)
STORED: dict[Kind, type[Spec]] = {kind_of(spec): spec for spec in (ConfigGeneration, Identity)}
OWNER = "machined"
ETCD_DATA = "/var/lib/etcd"
NAMESPACES = ("system", "k8s.io")
ETCD_SECRETS = "/system/secrets/etcd"
KUBELET = "podruntime/kubelet"  # its group
CONTAINERD = "/run/containerd/containerd.sock"

LONGEST: Final = "ICHOR_LONGEST_CERTIFICATE"  # a duration, in the environment of init


class Machine:
    def __init__(self, launcher: Launcher, site: Site) -> None:
        self._launcher = launcher
        self._site = site
        self._platform = site.platform
        self._ring = LogRing()
        logging.getLogger().addHandler(self._ring)
        self._clock = KernelClock()
        self._disk: Disk | None = None
        self._reaper = Reaper()
        self._state = Memory(self._clock.now, life=int.from_bytes(KernelRandom().draw(4)))
        cgroups = detect(Path("/sys/fs/cgroup"))
        if isinstance(cgroups, CgroupsV2):
            # A machine's root group has the kernel's threads, too.
            ours = set(procfs.with_programs(cgroups.processes("")))
            for action in init_group.plan(ours):
                cgroups.apply(action)
        self._supervisor = Supervisor(
            launcher=launcher,
            reaper=self._reaper,
            cgroups=cgroups,
            clock=self._clock,
            logs=Path("/var/log"),
        )
        containers = ContainerdContainers(
            Channel(UnixTarget(CONTAINERD)), "system", hosts_dir=hosts.DIRECTORY
        )
        self._containers = ContainerServices(containers, self._clock)
        kubelet = partial(cgroups.processes, KUBELET)
        self._static_pods = StaticPodServer(belongs_to(kubelet))
        self._services = BothServices(self._supervisor, self._containers)
        self._events = EventLog(self._clock.now, KernelRandom().draw(5))
        EventTap(self._state, self._events).attach()
        self._operations = Operations(self._state, self._events)
        self._fate = RunFate(self._events)
        self._signer = Signer(launcher, self._reaper, self._supervisor.log_file("signer"), cgroups)
        self._verifying = verifying.make(self._state, self._signer)
        self._on_disk: api.OnDisk | None = None
        self._attesting: Mapping[str, Handler] = {}
        self._medium = _medium() if site.medium else None
        self._joining = joining.adapters(self._signer, self._clock)

    async def run(self) -> Fate:
        """Live; gives how the machine should end, and what is to be erased then."""
        self._launcher.start(self._reaper)
        self._reaper.start()
        on_signals(dict.fromkeys((signal.SIGTERM, signal.SIGINT), self._shut_down))
        self._load()
        await self._static_pods.listen()
        engine = Engine(
            self._state, controllers(self._world()), time=self._clock, random=SystemRandom()
        )
        server = api.server(self._state, self._api(engine))
        await api.listen(server, Path(layers.SOCKET))
        await self._verifying.listen()
        loop = asyncio.get_running_loop()
        running = loop.create_task(engine.run(), name="engine")
        button = loop.create_task(self._heed_button(), name="power button")
        try:
            ending = await self._end_of(running)
            return Fate(ending=ending, wipe=self._fate.observe().wipe)
        finally:
            running.cancel()
            button.cancel()
            await self._close(server)

    async def _close(self, server: Server) -> None:
        """Stop all there is; a wipe that was asked for comes, whatever fails before it."""
        wipe = self._fate.observe().wipe
        await bounded("API", server.stop(1.0), 5)
        await bounded("verifying", self._verifying.close(), 5)
        if wipe:
            await bounded("leaving the cluster", joining.withdraw(self._joining), 60)
        await bounded("containers", self._containers.stop_all(), 60)
        await bounded("services", self._supervisor.stop_all(), 60)
        if self._disk is not None:
            self._disk.close()  # what its log holds is in the one file then
        if self._medium is not None and self._medium.installed:
            _hand_over(self._medium.installed)
        if self._site.is_container:  # a machine's are not there any more when it is off
            wiping.wipe(wipe)

    async def _end_of(self, engine: asyncio.Task[None]) -> Ending:
        """Wait for the end; an engine that ends by itself is a fault and raised."""
        ended = self._fate.ended
        engine.add_done_callback(lambda _: ended.cancel())
        try:
            return await ended
        except asyncio.CancelledError:
            if engine.done():
                engine.result()
            raise

    def _shut_down(self) -> None:
        """The launcher wants us gone, and has little patience."""
        self._operations.ask("shutdown", {"force": "true"}, takeover=True)

    async def _heed_button(self) -> None:
        """A container has none: the host's is the host's business."""
        if self._site.is_container:
            return
        try:
            async for _ in power_button.presses():
                log.info("the power button was pressed")
                self._shut_down()
        except (OSError, IchorError) as error:
            log.warning("the power button is not heard", extra=fields(why=error))

    def _load(self) -> None:
        """Take from STATE what outlives a boot, and add what only this boot knows."""
        disk = self._disk = Disk(Path(layers.STATE) / "store.db", STORED)
        self._state.attach(disk)
        for damage in disk.damage:
            log.error("stored resource is damaged", extra=fields(key=damage.key, why=damage.reason))
        identity.ensure(self._state, KernelRandom())
        self._state.create(resource(BootID(boot_id=self._site.boot_id()), BOOT_ID_ID), OWNER)
        self._state.create(resource(host.facts(), HOST_ID), OWNER)
        self._state.create(resource(host.roots(), ROOTS_ID), OWNER)
        if (system := self._site.disk()) is not None:
            found = SystemDisk(disk_id=system.name, dev_path=f"/dev/{system.name}")
            self._state.create(resource(found, SYSTEM_DISK_ID), OWNER)
        if not self._site.is_container:
            from ichor.linux import booted_image

            entry = BootedEntry(booted_entry=efi.selected_entry())
            self._state.create(resource(entry, BOOTED_ENTRY_ID), OWNER)
            line = KernelCmdline(cmdline=Path("/proc/cmdline").read_text(encoding="utf-8").strip())
            self._state.create(resource(line, KERNEL_CMDLINE_ID), OWNER)
            self._state.create(resource(booted_image.security(), SECURITY_STATE_ID), OWNER)
            self._look_for_screen()
            self._platform = self._handed(line.cmdline)
        if self._medium is not None:
            from ichor.apps.machined import medium as of_medium

            seen = of_medium.found(self._medium.observe())
            self._state.create(resource(seen, INSTALLATION_ID), OWNER)
        for volume, status in volumes.statuses(KernelMounts().observe()):
            self._state.create(resource(status, volume), OWNER)
        self._operations.ask("initialize", {BOOT: self._events.new_id()})
        self._adopt(Path(layers.HOST) / "userdata")

    def _look_for_screen(self) -> None:
        from ichor.linux import screen
        from ichor.resources.runtime.screen import ID, Screen

        if driver := screen.driver():
            self._state.create(resource(Screen(driver=driver), ID), OWNER)

    def _handed(self, line: str) -> str:
        """Take what a machine is handed of its configuration; gives the platform's name."""
        from ichor.apps.machined import discovery

        handed = discovery.hand_over(self._state, KernelMounts(), OWNER)
        return discovery.platform_name(line, handed)

    def _adopt(self, handed: Path) -> None:
        """Take the configuration the platform hands over, unless one was applied already."""
        if handed.exists() and not find_all(self._state, ConfigGeneration):
            generation = ConfigGeneration(text=handed.read_text(), applied=self._clock.now())
            self._state.create(resource(generation, generation_id(1)))

    def _api(self, engine: Engine) -> api.World:
        """Give what the machine API stands in front of."""
        channel = Channel(UnixTarget(CONTAINERD))
        return api.World(
            now=self._clock.now,
            platform=self._platform,
            mode=self._site.mode,
            services=self._services,
            containers={name: ContainerdContainers(channel, name) for name in NAMESPACES},
            images={name: ContainerdImages(channel, name) for name in NAMESPACES},
            hosts_dir=hosts.DIRECTORY,
            signer=self._signer,
            verification=self._verifying.verification,
            operations=self._operations,
            on_disk=self._on_disk,
            events=self._events,
            ring=self._ring,
            kernel_log=None if self._site.is_container else KernelKmsg(),
            uptime_s=self._clock.monotonic,
            controllers=lambda: engine.controllers,
            longest=longest(),
            attesting=self._attesting,
        )

    def _world(self) -> Adapters:
        mounts = KernelMounts()
        network = KernelNetwork()
        return Adapters(
            etc=KernelEtc(mounts, Path(layers.ETC), Path("/etc")),
            health=Prober(self._clock),
            config_files=KernelFiles(Path("/system/config")),
            operating=self._operating(),
            kubernetes=KubernetesAdapters(
                bootstrap_access=BootstrapToken(
                    Path(kubelet_args.KUBECONFIG),
                    Path(kubelet_args.BOOTSTRAP_KUBECONFIG),
                    self._clock,
                ),
                manifests=NodeManifests(connector(Path(ETCD_SECRETS))),
                membership=NodeMembership(Path(ETCD_DATA), Path(ETCD_SECRETS)),
                static_pods=self._static_pods,
            ),
            issuance=LocalIssuance(self._signer, longest()),
            joining=self._joining,
            kubernetes_files=KernelFiles(Path("/etc/kubernetes")),
            network=network,
            networking=networking.adapters(
                self._state,
                self._clock,
                network,
                self._reaper,
                connector(Path(ETCD_SECRETS)),
                is_container=self._site.is_container,
            ),
            services=self._services,
            system_files=KernelFiles(Path("/system/secrets")),
            uts=KernelUts(),
            machine=self._machine(network),
            runs_pods=not self._site.medium,
        )

    def _machine(self, network: KernelNetwork) -> tuple[Controller, ...] | None:
        if self._site.is_container:
            return None
        if self._medium is not None:
            from ichor.apps.machined import medium as of_medium

            handed, self._on_disk = of_medium.adapters(
                self._state, self._medium, network, self._clock, self._reaper, self._signer
            )
            return of_medium.controllers(handed)
        from ichor.apps.machined import metal

        self._attesting = metal.attesting()
        world, self._on_disk = metal.adapters(
            self._state, network, self._clock, self._reaper, self._signer
        )
        return metal.controllers(world)

    def _sequences(self) -> tuple[Sequence, ...]:
        if self._site.is_container:
            return container.SEQUENCES
        if not self._site.medium:
            return metal.SEQUENCES
        from ichor.sequences import medium  # which most starts do without

        return medium.SEQUENCES

    def _operating(self) -> OperatingWorld:
        pods = ContainerdContainers(Channel(UnixTarget(CONTAINERD)), "k8s.io")
        return OperatingWorld(
            journal=StoreJournal(self._state, self._operations.tell),
            life=self._events.new_id(),
            sequences=self._sequences(),
            fate=self._fate,
            pods=ContainerdPods(pods),
            static_pods=networking.static_pods(self._state, self._clock),
        )


def _medium() -> "Medium":
    from ichor.linux.medium import Medium  # which most starts do without

    return Medium()


def _hand_over(name: str) -> None:
    from ichor.apps.machined import medium as of_medium

    try:
        of_medium.hand_over(name)
    except (OSError, IchorError) as error:
        log.error("the configuration is not on the disk", extra=fields(disk=name, why=error))


def longest() -> timedelta:
    """Give how long a certificate may live: tests of renewal shorten it, nothing lengthens it."""
    given = os.environ.get(LONGEST)
    return parse_duration(given) if given else timedelta.max


async def bounded(what: str, work: Awaitable[object], seconds: float) -> None:
    """Do one step of the end: its failure or its silence does not keep the next from its turn."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except Exception:
        log.exception("a step of the end failed", extra=fields(step=what))
