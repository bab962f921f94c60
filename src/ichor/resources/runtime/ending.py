"""What the tasks of an ending machine ask for, and what became of it; kinds of ours.

a task's request                            who carries it out          what is seen of it
NodeDrain      move pods elsewhere          k8s.NodeDrain               NodeDrainStatus
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


class NodeDrain(Spec, frozen=True, kw_only=True):
    """Cordons the node, too."""

    definition: ClassVar[Definition] = Definition(
        type="NodeDrains.ichor.dev", namespace=NAMESPACE, aliases=("nodedrain",)
    )


class NodeDrainStatus(Spec, frozen=True, kw_only=True):
    """left: pods on this node that should run elsewhere."""

    definition: ClassVar[Definition] = Definition(
        type="NodeDrainStatuses.ichor.dev",
        namespace=NAMESPACE,
        aliases=("nodedrainstatus",),
        columns={"Left": "{.left}"},
    )
    left: int


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
    """left: whether this node is no member any more. why: in words, also why it never can leave."""

    definition: ClassVar[Definition] = Definition(
        type="EtcdLeaveStatuses.ichor.dev", namespace="etcd", aliases=("etcdleavestatus",)
    )
    left: bool
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
