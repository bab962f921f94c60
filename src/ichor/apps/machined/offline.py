"""The product's controllers without a machine: every port is its model.

    offline()   the wiring of a node, each adapter a Held; for the graph, tests and simulators
    MODELS      the models by the name of their Actuator, as plans are given them

Models of one name each hold a world of their own: what one Actuator does to the links, another
that reads the same port does not see in a plan. Sources say nothing but what is there at first.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final, Generic, TypeVar, cast

from ichor.apps.machined import medium, metal, wiring
from ichor.apps.machined.joining import JoiningWorld
from ichor.apps.machined.kubernetes import KubernetesAdapters
from ichor.apps.machined.medium import MediumWorld
from ichor.apps.machined.metal import MetalWorld
from ichor.apps.machined.networking import NetworkWorld
from ichor.apps.machined.operating import OperatingWorld
from ichor.apps.machined.site import CONTAINER, METAL, Site
from ichor.cosi.controller import Controller
from ichor.cosi.model import Model, Predicted
from ichor.cosi.modelled import AnyModel
from ichor.cosi.progress import Advance
from ichor.cosi.sequence import Sequence
from ichor.cosi.sequencer import Journal, journal_model
from ichor.models import (
    attempts,
    balancer,
    boot_entry,
    cluster_manifests,
    config_sources,
    dhcp,
    dns,
    etc,
    ethernet,
    fate,
    file,
    generation,
    health,
    installation,
    issuance,
    kube_node_edit,
    masquerade,
    membership,
    meta,
    network,
    node_pods,
    pods,
    rendezvous,
    service,
    shared_address,
    staging,
    static_pods,
    system_disk,
    time_sync,
    uts,
)
from ichor.ports import cluster_manifests as manifests_port
from ichor.ports.balancer import Balancing
from ichor.ports.boot_entry import Boot
from ichor.ports.config_sources import Sources
from ichor.ports.dns import Resolving
from ichor.ports.ethernet import Action as EthernetAction
from ichor.ports.ethernet import Cards
from ichor.ports.fate import Fate
from ichor.ports.file import Action as FileAction
from ichor.ports.file import Directory, File
from ichor.ports.generation import Action as Generation
from ichor.ports.generation import Least
from ichor.ports.installation import Machine as Installable
from ichor.ports.kube_node_edit import NodeMeta
from ichor.ports.membership import Membership
from ichor.ports.network import Action as NetworkAction
from ichor.ports.network import Network
from ichor.ports.node_pods import Action as PodAction
from ichor.ports.node_pods import Evictable
from ichor.ports.staging import Staging
from ichor.ports.static_pods import Offer
from ichor.ports.system_disk import Action as DiskAction
from ichor.ports.system_disk import SystemDisk
from ichor.ports.time_sync import Following
from ichor.ports.uts import Names
from ichor.sequences import container
from ichor.sequences import medium as medium_sequences
from ichor.sequences import metal as metal_sequences

O = TypeVar("O")  # noqa: E741 - observed, as in ichor.cosi.controller
A = TypeVar("A")
T = TypeVar("T")


class Held(Generic[O, A]):
    """An observation that the model moves; the port of who answers at once."""

    def __init__(self, observed: O, model: Model[O, A]) -> None:
        self.observed: O = observed
        self._model = model

    def observe(self) -> O:
        return self.observed

    def apply(self, action: A) -> None:
        self.move(action)

    def move(self, action: A) -> None:
        after = self._model(self.observed, action)
        if isinstance(after, Predicted):
            self.observed = after.observed  # pyright: ignore[reportUnknownMemberType] # of O
        else:
            self.observed = after

    async def wakes(self) -> AsyncIterator[None]:
        """Never: nothing happens here by itself."""
        never: tuple[None, ...] = ()
        for none in never:
            yield none


class HeldSlow(Generic[O, A]):
    """The port of who acts in its own time."""

    def __init__(self, observed: O, model: Model[O, A]) -> None:
        self._held: Held[O, A] = Held(observed, model)
        self.wakes = self._held.wakes

    def observe(self) -> O:
        return self._held.observed

    async def apply(self, action: A) -> None:
        self._held.move(action)


class HeldFar(Generic[O, A]):
    """The port of who has to be asked, too."""

    def __init__(self, observed: O, model: Model[O, A]) -> None:
        self._held: Held[O, A] = Held(observed, model)

    async def observe(self) -> O:
        return self._held.observed

    async def apply(self, action: A) -> None:
        self._held.move(action)


class Said(Generic[T]):
    """A Source's port that has said one thing."""

    def __init__(self, item: T) -> None:
        self._item = item

    async def snapshots(self) -> AsyncIterator[T]:
        yield self._item


class HeldJournal:
    def __init__(self) -> None:
        self._journal: Journal = {}

    def read(self) -> Journal:
        return self._journal

    def write(self, step: Advance) -> None:
        self._journal = journal_model(self._journal, step)


def _files() -> Held[Mapping[str, File | Directory], FileAction]:
    return Held({}, file.model)


def adapters(site: Site = CONTAINER) -> wiring.Adapters:
    """Give ports that hold nothing yet."""
    links: Held[Network, NetworkAction] = Held(Network(), network.model)
    return wiring.Adapters(
        etc=Held({}, etc.model),
        health=Held({}, health.model),
        issuance=HeldSlow({}, issuance.model),
        joining=JoiningWorld(
            enrolment=HeldSlow({}, issuance.model), rendezvous=HeldSlow({}, rendezvous.model)
        ),
        network=links,
        networking=NetworkWorld(
            network=links,
            nodes=Said({}),
            balancer=HeldSlow(Balancing(), balancer.model),
            dns=HeldSlow(Resolving(), dns.model),
            elections=HeldSlow({}, shared_address.model),
            masquerading=HeldFar("", masquerade.model),
            parameters=Held({}, attempts.model),
            own_node=HeldFar[NodeMeta | None, NodeMeta](None, kube_node_edit.model),
            own_pods=HeldFar[Evictable, PodAction](None, node_pods.model),
            resolved_files=_files(),
            cni_files=_files(),
        ),
        system_files=_files(),
        kubernetes_files=_files(),
        kubernetes=KubernetesAdapters(
            bootstrap_access=Said("offline"),
            manifests=HeldFar(manifests_port.Seen(), cluster_manifests.model),
            membership=HeldFar(Membership(), membership.model),
            static_pods=Held(Offer(url="http://127.0.0.1"), static_pods.model),
        ),
        config_files=_files(),
        operating=OperatingWorld(
            journal=HeldJournal(),
            life="offline",
            sequences=_sequences(site),
            fate=Held(Fate(), fate.model),
            pods=HeldFar({}, pods.model),
            static_pods=Said({}),
        ),
        services=HeldSlow({}, service.model),
        uts=Held(Names(host="", domain=""), uts.model),
        machine=None if site.is_container else of_machine(links, site),
        runs_pods=not site.medium,
    )


NO_CARDS: Final[Cards] = {}


def _sequences(site: Site) -> tuple[Sequence, ...]:
    if site.is_container:
        return container.SEQUENCES
    return medium_sequences.SEQUENCES if site.medium else metal_sequences.SEQUENCES


def of_machine(
    links: Held[Network, NetworkAction], site: Site = METAL, held: Cards = NO_CARDS
) -> tuple[Controller, ...]:
    """Give what a machine has besides, over these links and their cards."""
    cards: Held[Cards, EthernetAction] = Held(held, ethernet.model)
    if site.medium:
        return medium.controllers(
            MediumWorld(
                sources=Held(Sources(), config_sources.model),
                network=links,
                ethernet=cards,
                leases=HeldSlow({}, dhcp.model),
                leases6=HeldSlow({}, dhcp.model),
                routers=Said({}),
                disk=HeldSlow[SystemDisk | None, DiskAction](None, system_disk.model),
                time=HeldSlow(Following(), time_sync.model),
                installations=HeldSlow(Installable(), installation.model),
            )
        )
    world = MetalWorld(
        boot=Held(Boot(), boot_entry.model),
        generations=Held[Least, Generation](Least(), generation.model),
        meta=Held({}, meta.model),
        staging=HeldSlow(Staging(), staging.model),
        sources=Held(Sources(), config_sources.model),
        network=links,
        ethernet=cards,
        leases=HeldSlow({}, dhcp.model),
        leases6=HeldSlow({}, dhcp.model),
        routers=Said({}),
        disk=HeldSlow[SystemDisk | None, DiskAction](None, system_disk.model),
        time=HeldSlow(Following(), time_sync.model),
    )
    return metal.controllers(world)


def offline(site: Site = CONTAINER) -> tuple[Controller, ...]:
    return wiring.controllers(adapters(site))


def _any(model: Callable[[O, A], O | Predicted[O]]) -> AnyModel:
    return cast("AnyModel", model)


MODELS: Mapping[str, AnyModel] = {
    "Sequencer": _any(journal_model),
    "block.VolumeProvision": _any(system_disk.model),
    "cluster.Discovery": _any(rendezvous.model),
    "config.Acquire": _any(config_sources.model),
    "etcd.Membership": _any(membership.model),
    "files.CNI": _any(file.model),
    "files.Config": _any(file.model),
    "files.EtcApply": _any(etc.model),
    "files.Kubernetes": _any(file.model),
    "files.Resolved": _any(file.model),
    "files.System": _any(file.model),
    "k8s.KubePrism": _any(balancer.model),
    "k8s.ManifestsApply": _any(cluster_manifests.model),
    "k8s.MasqueradeApply": _any(masquerade.model),
    "k8s.NodeApply": _any(kube_node_edit.model),
    "k8s.NodeDrain": _any(node_pods.model),
    "k8s.PodNetworkApply": _any(network.model),
    "k8s.StaticPodServer": _any(static_pods.model),
    "network.DHCP4": _any(dhcp.model),
    "network.DHCP6": _any(dhcp.model),
    "network.LinkAliasApply": _any(network.model),
    "network.LinkApply": _any(network.model),
    "network.RouteApply": _any(network.model),
    "network.RoutingRuleApply": _any(network.model),
    "network.AddressApply": _any(network.model),
    "network.EthernetApply": _any(ethernet.model),
    "network.HostDNS": _any(dns.model),
    "network.HostnameApply": _any(uts.model),
    "network.SharedAddress": _any(shared_address.model),
    "runtime.BootAssess": _any(boot_entry.model),
    "runtime.Health": _any(health.model),
    "runtime.Installation": _any(installation.model),
    "runtime.KernelParamApply": _any(attempts.model),
    "runtime.PodStop": _any(pods.model),
    "runtime.LeastGeneration": _any(generation.model),
    "runtime.Power": _any(fate.model),
    "runtime.Services": _any(service.model),
    "runtime.StagedUpgrade": _any(staging.model),
    "runtime.UpgradeSettle": _any(meta.model),
    "secrets.Enrolment": _any(issuance.model),
    "secrets.Issuance": _any(issuance.model),
    "time.Sync": _any(time_sync.model),
}
