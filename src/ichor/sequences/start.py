"""Initialize and boot of a node in a container.

Controllers do all of the work; these say how far it is. What has no meaning in a container, or was
done before there was a store (shared mounts, environment), is no task here.
"""

from ichor.cosi.controller import Out
from ichor.cosi.sequence import Condition, Phase, Sequence, Task
from ichor.resources.runtime.mount import MountStatus
from ichor.sequences.conditions import CONFIGURED, EVERYTHING_SERVES, serving

# Where an initialize says which id the boot after it shall have.
BOOT = "boot"

INITIALIZE = Sequence(
    name="initialize",
    phases=(
        Phase(
            "machined",
            (
                Task(name="startApid", until=serving("apid")),
                Task(name="startMachined", until=serving("machined")),
                Task(name="startContainerd", until=serving("containerd")),
            ),
        ),
        Phase("config", (Task(name="loadConfig", until=CONFIGURED),)),
    ),
)

_HAS_EPHEMERAL = Condition(
    (Out(MountStatus),), lambda view, _: view.get(MountStatus, "EPHEMERAL") is not None
)
BOOT_SEQUENCE = Sequence(
    name="boot",
    phases=(
        Phase("ephemeral", (Task(name="mountEphemeralPartition", until=_HAS_EPHEMERAL),)),
        Phase("startEverything", (Task(name="startAllServices", until=EVERYTHING_SERVES),)),
    ),
)
