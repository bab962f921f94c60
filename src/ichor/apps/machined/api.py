"""The machine API of this node on its unix socket: which services, in front of what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from ichor.api import inspection, time
from ichor.api.authorize import APID, TRUSTD, granting, require
from ichor.api.dmesg import Dmesg
from ichor.api.errors import translate
from ichor.api.events import EventLog
from ichor.api.health import HealthService, kube_of
from ichor.api.machine import capture, service, version
from ichor.api.machine.access import AccessService
from ichor.api.machine.aside import Aside
from ichor.api.machine.bootstrap import BootstrapService
from ichor.api.machine.configuration import ConfigurationService
from ichor.api.machine.containers import ContainerService, network_of, usage_of
from ichor.api.machine.departure import Departure
from ichor.api.machine.etcd import EtcdService
from ichor.api.machine.etcd_leave import EtcdLeaveService
from ichor.api.machine.events import EventService
from ichor.api.machine.files import FileService
from ichor.api.machine.generation import GenerationService
from ichor.api.machine.images import ImageService
from ichor.api.machine.lifecycle import LifecycleService
from ichor.api.machine.logs import LogService
from ichor.api.machine.meta import MetaService
from ichor.api.machine.netstat import NetstatService
from ichor.api.machine.power import PowerService
from ichor.api.machine.proof import ProofService
from ichor.api.machine.reboot import RebootService
from ichor.api.machine.service_control import ServiceControl
from ichor.api.machine.system import SystemService
from ichor.api.machine.volume import VolumeService
from ichor.api.machine_type import of_control_plane
from ichor.api.operations import Operations
from ichor.api.ring import LogRing
from ichor.api.state import StateService
from ichor.api.trust import LIFETIME, TrustService
from ichor.api.verification import Verification
from ichor.config.validate import Mode
from ichor.cosi.controller import Controller
from ichor.cosi.state import State
from ichor.linux import notice, procfs
from ichor.peers.etcd_local import connector, connector_to
from ichor.peers.etcd_quorum import EtcdQuorum
from ichor.ports.containers import Containers, Images
from ichor.ports.generation import Generations
from ichor.ports.installer import Installer
from ichor.ports.kernel_log import KernelLog
from ichor.ports.meta import MetaStore
from ichor.ports.proof import Prover
from ichor.ports.reseal import Resealer
from ichor.ports.service import Services
from ichor.ports.signer import Signing
from ichor.rpc.context import Handler
from ichor.rpc.engine import UNLIMITED, Limits
from ichor.rpc.server import Server

ROOT = 0
# All callers come over apid's one connection: it must not be what they wait for each other at. The
# budget bounds what they hold.
LIMITS = Limits(streams=4096, connection_window=UNLIMITED)
LOGS = Path("/var/log")
ETCD_DATA = Path("/var/lib/etcd")
ETCD_SNAPSHOT = Path("/var/lib/etcd.snapshot")
ETCD_SECRETS = Path("/system/secrets/etcd")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """What the API changes of a machine's disk."""

    installer: Installer
    meta: MetaStore
    prover: Prover
    generations: Generations
    resealer: Resealer


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the API acts on, besides the store and files.

    hosts_dir: how registries are asked for images. longest: life of a certificate.
    on_disk: None in a container. attesting: what asks the TPM; only a machine has one.
    """

    now: Callable[[], datetime]
    platform: str
    mode: Mode
    services: Services
    containers: Mapping[str, Containers]
    images: Mapping[str, Images]
    hosts_dir: str
    signer: Signing
    verification: Verification
    operations: Operations
    on_disk: OnDisk | None
    events: EventLog
    ring: LogRing
    kernel_log: KernelLog | None
    uptime_s: Callable[[], float]
    controllers: Callable[[], Sequence[Controller]]
    longest: timedelta = timedelta.max
    attesting: Mapping[str, Handler] = field(default_factory=dict)


def server(state: State, world: World) -> Server:
    """Make the server of a node."""
    granted = granting(world.services.observe)
    dmesg = Dmesg(world.ring, world.kernel_log, world.now, world.uptime_s)
    aside, disk = Aside(), world.on_disk
    quorum = EtcdQuorum(connector_to(ETCD_SECRETS), (ETCD_DATA / "member").is_dir)
    departure = Departure(world.operations, quorum)
    handlers = {
        **StateService(state, granted).handlers(),
        **ConfigurationService(state, granted, world.now, world.mode).handlers(),
        **version.handlers(world.platform, world.mode),
        **service.handlers(state),
        **ServiceControl(world.services).handlers(),
        **SystemService(state, procfs, aside).handlers(),
        **capture.handlers(),
        **NetstatService(aside).handlers(),
        **FileService(aside).handlers(),
        **LogService(state, world.ring, LOGS, notice.changes, dmesg).handlers(),
        **EventService(world.events, world.now).handlers(),
        **ContainerService(world.containers, usage_of, network_of).handlers(),
        **ImageService(world.images, world.hosts_dir, world.now, world.verification).handlers(),
        **PowerService(world.operations).handlers(),
        **MetaService(disk.meta if disk else None).handlers(),
        **LifecycleService(
            world.images,
            world.hosts_dir,
            disk.installer if disk else None,
            world.operations,
            aside,
            departure,
            world.verification,
        ).handlers(),
        **ProofService(disk.prover if disk else None, aside).handlers(),
        **VolumeService(disk.resealer if disk else None, aside).handlers(),
        **GenerationService(disk.generations if disk else None).handlers(),
        **RebootService(departure).handlers(),
        **AccessService(state, world.signer).handlers(),
        **BootstrapService(state, ETCD_DATA, ETCD_SNAPSHOT).handlers(),
        **EtcdService(connector(ETCD_SECRETS)).handlers(),
        **EtcdLeaveService(state).handlers(),
        **HealthService(state, connector(ETCD_SECRETS), kube_of(state)).handlers(),
        **inspection.handlers(world.controllers),
        **time.handlers(world.now),
        **world.attesting,
        **TrustService(state, world.signer, min(LIFETIME, world.longest)).handlers(),
    }
    return Server(
        handlers,
        interceptors=(translate, require(granted), of_control_plane(state)),
        limits=LIMITS,
    )


async def listen(api: Server, path: Path) -> None:
    """Serve root and our own daemons; who they are decides what they may."""
    await api.listen_unix(str(path), mode=0o666, uids=(ROOT, APID, TRUSTD))
