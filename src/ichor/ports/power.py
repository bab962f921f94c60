"""The end of the machine's run."""

import enum
from typing import Protocol


class Ending(enum.Enum):
    """AFRESH: PID 1 begins again, and finds what it made; the kernel runs on."""

    RESTART = "restart"
    POWER_OFF = "power off"
    HALT = "halt"
    AFRESH = "afresh"


class Power(Protocol):
    def apply(self, action: Ending) -> None:
        """Flush file systems and end. Returns only if the kernel refuses, with OSError."""
        ...
