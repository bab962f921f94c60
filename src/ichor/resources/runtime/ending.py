"""What the tasks of an ending machine ask for, and what became of it; kinds of ours.

a task's request                            who carries it out          what is seen of it
PodStop        end every pod                runtime.PodStop             PodStopStatus
ServiceHold    stop services, start none    runtime.Services            ServiceStatus
EtcdLeave      leave the members            etcd.Membership             EtcdLeaveStatus
Wipe           empty volumes, at the end    runtime.Power               WipeStatus
MachineEnd     the last word                runtime.Power               nobody lives to see it
"""

from datetime import timedelta
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec

NAMESPACE = "runtime"


class PodStop(Spec, frozen=True, kw_only=True):
    """grace: for the containers of one tier, before they are killed. Holds the kubelet, too."""

    definition: ClassVar[Definition] = Definition(
        type="PodStops.ichor.dev", namespace=NAMESPACE, aliases=("podstop",)
    )
    grace: timedelta


class PodStopStatus(Spec, frozen=True, kw_only=True):
    """left: containers and sandboxes that still run."""

    definition: ClassVar[Definition] = Definition(
        type="PodStopStatuses.ichor.dev",
        namespace=NAMESPACE,
        aliases=("podstopstatus",),
        columns={"Left": "{.left}"},
    )
    left: int


class ServiceHold(Spec, frozen=True, kw_only=True):
    """services: which; all if none is named."""

    definition: ClassVar[Definition] = Definition(
        type="ServiceHolds.ichor.dev", namespace=NAMESPACE, aliases=("servicehold",)
    )
    services: tuple[str, ...] = ()


class EtcdLeave(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="EtcdLeaves.ichor.dev", namespace="etcd", aliases=("etcdleave",)
    )


class EtcdLeaveStatus(Spec, frozen=True, kw_only=True):
    """why: in a word how it came that this node is no member any more, or never can cease to be."""

    definition: ClassVar[Definition] = Definition(
        type="EtcdLeaveStatuses.ichor.dev", namespace="etcd", aliases=("etcdleavestatus",)
    )
    why: str


class Wipe(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="Wipes.ichor.dev", namespace=NAMESPACE, aliases=("wipe",)
    )
    volumes: tuple[str, ...]


class WipeStatus(Spec, frozen=True, kw_only=True):
    """volumes: those that are emptied when nothing runs any more."""

    definition: ClassVar[Definition] = Definition(
        type="WipeStatuses.ichor.dev", namespace=NAMESPACE, aliases=("wipestatus",)
    )
    volumes: tuple[str, ...]


class MachineEnd(Spec, frozen=True, kw_only=True):
    """ending: a value of ports.power.Ending."""

    definition: ClassVar[Definition] = Definition(
        type="MachineEnds.ichor.dev", namespace=NAMESPACE, aliases=("machineend",)
    )
    ending: str
