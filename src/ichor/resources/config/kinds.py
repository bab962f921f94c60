"""The types of machines."""

from ichor.resources.fields import Word


class MachineKind(Word):
    UNKNOWN = "unknown", 0
    INIT = "init", 1
    CONTROLPLANE = "controlplane", 2
    WORKER = "worker", 3
