"""All sequences of a machine: its container runtime waits for a configuration, which says where.

A staged upgrade is written before all else, and the machine restarts for it. In maintenance only
what answers the API runs, and all of it is in memory. A first configuration
makes the volumes of the disk, then PID 1 begins afresh on them; the rest of a start is that of a
container.
"""

from typing import Final

from msgspec.structs import replace

from ichor.cosi.controller import Out
from ichor.cosi.sequence import Condition, Guard, Phase, Request, Run, Sequence, Task, View
from ichor.ports.power import Ending
from ichor.resources.block.disk import SystemDisk
from ichor.resources.block.partition import EPHEMERAL, STATE
from ichor.resources.block.provision import (
    ID,
    VolumeProvision,
    VolumeProvisionStatus,
    lives_in_memory,
)
from ichor.resources.runtime.mount import MountStatus
from ichor.resources.runtime.staged_upgrade import ID as STAGED_ID
from ichor.resources.runtime.staged_upgrade import StagedUpgradeStatus, StagedWrite
from ichor.sequences.conditions import CONFIGURED, serving
from ichor.sequences.ending import REBOOT_SEQUENCE, RESET, SHUTDOWN, ending_by
from ichor.sequences.start import BOOT_SEQUENCE


def _is_memory(view: View, _: Run) -> bool:
    mounts = {each.id: each.spec for each in view.all(MountStatus)}
    return lives_in_memory(mounts, has_disk=bool(view.all(SystemDisk)))


def _is_provisioned(view: View, _: Run) -> bool:
    status = view.get(VolumeProvisionStatus, ID)
    return status is not None and set(VOLUMES) <= set(status.spec.labels)


VOLUMES: Final = (STATE, EPHEMERAL)
_IS_MEMORY: Final = Guard((Out(SystemDisk), Out(MountStatus)), _is_memory)
PROVISION: Final = Task(
    name="provisionVolumes",
    request=Request(Out(VolumeProvision), lambda _: (ID, VolumeProvision(labels=VOLUMES))),
    until=Condition((Out(VolumeProvisionStatus),), _is_provisioned),
    lasting=True,
)


def _staged(view: View) -> StagedUpgradeStatus | None:
    found = view.get(StagedUpgradeStatus, STAGED_ID)
    return found.spec if found is not None else None


def _is_known(view: View, _: Run) -> bool:
    return _staged(view) is not None


def _is_staged(view: View, _: Run) -> bool:
    status = _staged(view)
    return status is not None and bool(status.image)


def _is_written(view: View, _: Run) -> bool:
    status = _staged(view)
    return status is not None and status.written


def _is_over(view: View, run: Run) -> bool:
    return _is_written(view, run) or not _is_staged(view, run)


_READS: Final = (Out(StagedUpgradeStatus),)
_WRITE_STAGED: Final = Task(
    name="writeStagedImage",
    request=Request(Out(StagedWrite), lambda _: (STAGED_ID, StagedWrite())),
    until=Condition(_READS, _is_over),
    when=(Guard(_READS, _is_staged),),
)
INITIALIZE = Sequence(
    name="initialize",
    phases=(
        Phase(
            "machined",
            (
                Task(name="startApid", until=serving("apid")),
                Task(name="startMachined", until=serving("machined")),
            ),
        ),
        Phase("staged", (Task(name="readStaged", until=Condition(_READS, _is_known)),)),
        Phase("upgrade", (_WRITE_STAGED,)),
        ending_by("rebootUpgraded", Ending.RESTART, Guard(_READS, _is_written)),
        Phase("config", (Task(name="loadConfig", until=CONFIGURED),)),
        Phase("volumes", (replace(PROVISION, when=(_IS_MEMORY,)),)),
        ending_by("beginAfresh", Ending.AFRESH, _IS_MEMORY),
        Phase("containerd", (Task(name="startContainerd", until=serving("containerd")),)),
    ),
)
SEQUENCES = (INITIALIZE, BOOT_SEQUENCE, REBOOT_SEQUENCE, SHUTDOWN, RESET)
