"""Reboot, shutdown and reset of a node.

    pods move elsewhere ─► pods end (the kubelet first, lest it start them again)
        ─► etcd, on a reset ─► services ─► the end

A machine must come to its end: each task has a time limit, and one that does not make it is noted
and left behind. Parameters, all text:

| parameter | of | meaning |
|---|---|---|
| force | reboot, shutdown | pods get no time, or none beyond that of the launcher |
| drain | reboot | move pods elsewhere first, or stay |
| drain-timeout | reboot | seconds for that |
| graceful | reset | move pods elsewhere, leave etcd |
| reboot | reset | start again afterwards |
| wipe | reset | volumes, comma-separated |

The interface's reset of a container stops services only; here volumes are directories that can be
wiped and members that can leave, so its phases are those of a machine that has disks. It also ends
an initialize, which the interface's table refuses: in maintenance mode that one never ends, and
after a reboot the API answers before it does.
"""

from datetime import timedelta

from msgspec.structs import replace

from ichor.cosi.controller import Out
from ichor.cosi.resource import Spec
from ichor.cosi.sequence import (
    Abort,
    Condition,
    Guard,
    LogOnly,
    Phase,
    Request,
    Run,
    Sequence,
    Task,
    View,
)
from ichor.ports.power import Ending
from ichor.resources.runtime.ending import (
    EtcdLeave,
    EtcdLeaveStatus,
    MachineEnd,
    NodeDrain,
    NodeDrainStatus,
    PodStop,
    PodStopStatus,
    ServiceHold,
    Wipe,
    WipeStatus,
)
from ichor.resources.runtime.ids import MACHINE_RESET_SIGNAL_ID
from ichor.resources.runtime.machine import MachineResetSignal
from ichor.sequences.conditions import (
    ALL_AT_REST,
    IS_CONTROL_PLANE,
    IS_REGISTERED,
    asked,
    not_asked,
)

GRACE = timedelta(seconds=30)
# The launcher's patience is 20 seconds; several tiers of pods and the services share it.
GRACE_OF_FORCE = timedelta(seconds=2)
FORCE, GRACEFUL, REBOOT, WIPE = "force", "graceful", "reboot", "wipe"
DRAIN, DRAIN_TIMEOUT = "drain", "drain-timeout"
ID = "machine"


def _pod_stop(run: Run) -> tuple[str, Spec]:
    is_forced = run.parameters.get(FORCE) == "true"
    return ID, PodStop(grace=GRACE_OF_FORCE if is_forced else GRACE)


def _no_pods(view: View, _: Run) -> bool:
    status = view.get(PodStopStatus, ID)
    return status is not None and status.spec.left == 0


def _stop_pods(name: str, *when: Guard) -> Task:
    return Task(
        name=name,
        request=Request(Out(PodStop), _pod_stop),
        until=Condition((Out(PodStopStatus),), _no_pods),
        when=when,
        timeout=timedelta(minutes=3),
        on_failure=LogOnly(),
        lasting=True,
    )


def _none_left(view: View, _: Run) -> bool:
    status = view.get(NodeDrainStatus, ID)
    return status is not None and status.spec.left == 0


def _drain_time(run: Run) -> timedelta:
    return timedelta(seconds=float(run.parameters.get(DRAIN_TIMEOUT, "300")))


def _drain(*when: Guard) -> Phase:
    """Move pods elsewhere: of a node that Kubernetes knows, and for so long as it may take."""
    task = Task(
        name="cordonAndDrainNode",
        request=Request(Out(NodeDrain), lambda _: (ID, NodeDrain())),
        until=Condition((Out(NodeDrainStatus),), _none_left),
        when=(*when, IS_REGISTERED),
        timeout=timedelta(minutes=2),
        on_failure=LogOnly(),
        lasting=True,
    )
    return Phase("drain", (task,))


def _drain_or_stay() -> Phase:
    """Where it fails, so does the operation: the node takes pods again."""
    (task,) = _drain(asked(DRAIN)).tasks
    return Phase("drain", (replace(task, timeout=_drain_time, on_failure=Abort()),))


def ending_by(name: str, ending: Ending, *when: Guard) -> Phase:
    """The last phase: nothing comes after it, so that its condition never holds."""
    task = Task(
        name=name,
        request=Request(Out(MachineEnd), lambda _: (ID, MachineEnd(ending=ending.value))),
        until=Condition((), lambda _, __: False),
        when=when,
    )
    return Phase(name, (task,))


STOP_EVERYTHING = Phase(
    "stopEverything",
    (
        Task(
            name="stopAllServices",
            request=Request(Out(ServiceHold), lambda _: (ID, ServiceHold())),
            until=ALL_AT_REST,
            timeout=timedelta(minutes=2),
            on_failure=LogOnly(),
            lasting=True,
        ),
    ),
)
_LEAVE = Task(
    name="leaveEtcd",
    request=Request(Out(EtcdLeave), lambda _: (ID, EtcdLeave())),
    until=Condition(
        (Out(EtcdLeaveStatus),), lambda view, _: view.get(EtcdLeaveStatus, ID) is not None
    ),
    when=(asked(GRACEFUL), IS_CONTROL_PLANE),
    timeout=timedelta(minutes=1),
    on_failure=LogOnly(),
    lasting=True,
)
_SIGNAL = Task(
    name="sendResetSignal",
    request=Request(
        Out(MachineResetSignal), lambda _: (MACHINE_RESET_SIGNAL_ID, MachineResetSignal())
    ),
    until=Condition((), lambda _, __: True),
    lasting=True,
)


def _volumes(run: Run) -> tuple[str, ...]:
    return tuple(filter(None, run.parameters.get(WIPE, "").split(",")))


def _will_wipe(view: View, run: Run) -> bool:
    status = view.get(WipeStatus, ID)
    return status is not None and set(_volumes(run)) <= set(status.spec.volumes)


_WIPE = Task(
    name="resetSystemDisk",
    request=Request(Out(Wipe), lambda run: (ID, Wipe(volumes=_volumes(run)))),
    until=Condition((Out(WipeStatus),), _will_wipe),
    when=(Guard((), lambda _, run: bool(_volumes(run))),),
    timeout=timedelta(seconds=10),
    lasting=True,
)

REBOOT_SEQUENCE = Sequence(
    name="reboot",
    phases=(
        _drain_or_stay(),
        Phase("cleanup", (_stop_pods("stopAllPods", not_asked(FORCE)),)),
        STOP_EVERYTHING,
        ending_by("reboot", Ending.RESTART),
    ),
    takes_over=frozenset({"initialize", "boot", "reboot", "reset"}),
)
SHUTDOWN = Sequence(
    name="shutdown",
    phases=(
        _drain(not_asked(FORCE)),
        Phase("cleanup", (_stop_pods("stopAllPods"),)),
        STOP_EVERYTHING,
        ending_by("shutdown", Ending.POWER_OFF),
    ),
)
RESET = Sequence(
    name="reset",
    phases=(
        _drain(asked(GRACEFUL)),
        Phase(
            "cleanup",
            (
                _stop_pods("removeAllPods", asked(GRACEFUL)),
                _stop_pods("stopAllPods", not_asked(GRACEFUL)),
            ),
        ),
        Phase("leave", (_LEAVE,)),
        Phase("preReset", (_SIGNAL,)),
        STOP_EVERYTHING,
        Phase("reset", (_WIPE,)),
        ending_by("reboot", Ending.RESTART, asked(REBOOT)),
        ending_by("shutdown", Ending.POWER_OFF, not_asked(REBOOT)),
    ),
    takes_over=frozenset({"initialize", "boot"}),
)
