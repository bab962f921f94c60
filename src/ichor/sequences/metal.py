"""All sequences of a machine: its container runtime waits for a configuration, which says where.

In maintenance only what answers the API runs; the rest of a start is that of a container.
"""

from ichor.cosi.sequence import Phase, Sequence, Task
from ichor.sequences.conditions import CONFIGURED, serving
from ichor.sequences.ending import REBOOT_SEQUENCE, RESET, SHUTDOWN
from ichor.sequences.start import BOOT_SEQUENCE

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
        Phase("config", (Task(name="loadConfig", until=CONFIGURED),)),
        Phase("containerd", (Task(name="startContainerd", until=serving("containerd")),)),
    ),
)
SEQUENCES = (INITIALIZE, BOOT_SEQUENCE, REBOOT_SEQUENCE, SHUTDOWN, RESET)
