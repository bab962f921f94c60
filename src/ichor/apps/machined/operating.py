"""Operations' part of the wiring: the sequencer, what its tasks ask for, and how the machine is."""

from dataclasses import dataclass

from ichor.controllers.k8s.static_pod_status import static_pod_status
from ichor.controllers.network.status import network_status
from ichor.controllers.runtime.boot import boot
from ichor.controllers.runtime.diagnostics import diagnostics
from ichor.controllers.runtime.machine_status import machine_status
from ichor.controllers.runtime.machined_service import machined_service
from ichor.controllers.runtime.pod_stop import pod_stop
from ichor.controllers.runtime.power import power
from ichor.controllers.runtime.version import version
from ichor.cosi.controller import Controller
from ichor.cosi.sequence import Sequence
from ichor.cosi.sequencer import JournalPort, sequencer
from ichor.ports.fate import Fates
from ichor.ports.pods import Pods
from ichor.ports.static_pod_status import StaticPodStatuses


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingWorld:
    """life: differs between runs of machined."""

    journal: JournalPort
    life: str
    sequences: tuple[Sequence, ...]
    fate: Fates
    pods: Pods
    static_pods: StaticPodStatuses


def controllers(world: OperatingWorld) -> tuple[Controller, ...]:
    return (
        sequencer(world.sequences, world.journal, world.life),
        boot,
        pod_stop(world.pods),
        power(world.fate),
        static_pod_status(world.static_pods),
        network_status,
        machined_service,
        version,
        machine_status,
        diagnostics,
    )
