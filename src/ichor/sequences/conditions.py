"""Conditions that several sequences share: pure claims about resources."""

from collections.abc import Iterable

from ichor.cosi.controller import Out
from ichor.cosi.sequence import Condition, Guard, Run, View
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.k8s.node import NodeStatus
from ichor.resources.runtime.essential import CONTROL_PLANES, services_of
from ichor.resources.runtime.service_status import ServiceStatus
from ichor.resources.v1alpha1.service import Service

AT_REST = frozenset({"Finished", "Failed", "Skipped"})


def kind_of_machine(view: View) -> MachineKind:
    found = view.get(MachineType, MACHINE_TYPE_ID)
    return found.spec.type if found else MachineKind.UNKNOWN


def serves(view: View, ids: Iterable[str]) -> bool:
    found = (view.get(Service, id) for id in ids)
    return all(one is not None and one.spec.running and one.spec.healthy for one in found)


def serving(id: str) -> Condition:
    """Until that service runs and answers."""
    return Condition((Out(Service),), lambda view, _: serves(view, (id,)))


def _everything(view: View, _: Run) -> bool:
    kind = kind_of_machine(view)
    return kind is not MachineKind.UNKNOWN and serves(view, services_of(kind))


def _at_rest(view: View, _: Run) -> bool:
    return all(one.spec.state in AT_REST for one in view.all(ServiceStatus) if one.id != "machined")


def _configured(view: View, _: Run) -> bool:
    return kind_of_machine(view) is not MachineKind.UNKNOWN


EVERYTHING_SERVES = Condition((Out(Service), Out(MachineType)), _everything)
ALL_AT_REST = Condition((Out(ServiceStatus),), _at_rest)
CONFIGURED = Condition((Out(MachineType),), _configured)
IS_CONTROL_PLANE = Guard(
    (Out(MachineType),), lambda view, _: kind_of_machine(view) in CONTROL_PLANES
)
IS_REGISTERED = Guard((Out(NodeStatus),), lambda view, _: bool(view.all(NodeStatus)))


def asked(parameter: str, value: str = "true") -> Guard:
    """Part of the operation if it was asked for with that."""
    return Guard((), lambda _, run: run.parameters.get(parameter) == value)


def not_asked(parameter: str) -> Guard:
    return Guard((), lambda _, run: run.parameters.get(parameter) != "true")
