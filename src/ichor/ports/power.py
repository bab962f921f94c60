"""The end of the machine's run."""

import enum
from typing import Protocol


class Ending(enum.Enum):
    RESTART = "restart"
    POWER_OFF = "power off"
    HALT = "halt"


class Power(Protocol):
    def apply(self, action: Ending) -> None:
        """Flush file systems and end. Returns only if the kernel refuses, with OSError."""
        ...
