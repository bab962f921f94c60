"""The life of a node, as data: what the end of its init means, and when it starts again.

    init ended by   means                         then
    SIGHUP          reboot(2) RESTART inside      start at once
    SIGINT          reboot(2) POWER_OFF or HALT   stay stopped
    anything else   a crash                       start after a pause that doubles up to 30 s

The signals are what the kernel ends a pid namespace's init with (reboot(2), kernel
kernel/pid_namespace.c); from outside they cannot be forged, for init has no handler for them.
"""

import enum
import os
import signal
from datetime import timedelta

from msgspec import Struct

_FIRST_PAUSE = timedelta(seconds=0.5)
_LONGEST_PAUSE = timedelta(seconds=30)
# A node that ran this long was well: its next crash is the first of a new series.
_WELL = timedelta(minutes=2)


class State(enum.Enum):
    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"
    WAITING = "waiting"


class End(enum.Enum):
    REBOOT = "reboot"
    POWER_OFF = "power-off"
    CRASH = "crash"


def meaning(wait_status: int) -> End:
    if os.WIFSIGNALED(wait_status):
        if os.WTERMSIG(wait_status) == signal.SIGHUP:
            return End.REBOOT
        if os.WTERMSIG(wait_status) == signal.SIGINT:
            return End.POWER_OFF
    return End.CRASH


def describe(wait_status: int) -> str:
    if os.WIFSIGNALED(wait_status):
        return f"killed by {signal.Signals(os.WTERMSIG(wait_status)).name}"
    return f"exit status {os.waitstatus_to_exitcode(wait_status)}"


def pause(crashes: int) -> timedelta:
    """Give the pause after that many crashes in a row, the first being 1."""
    return min(_FIRST_PAUSE * (1 << min(crashes - 1, 10)), _LONGEST_PAUSE)


def crashes_after(end: End, before: int, lived: timedelta) -> int:
    """Count crashes in a row, given how many there were before this end."""
    if end is not End.CRASH:
        return 0
    return 1 if lived >= _WELL else before + 1


class Status(Struct, frozen=True, kw_only=True):
    """What a keeper says of its node. pid: of init, as the host sees it; 0 if none runs.

    launches: how often init was started. last_end: why it ended last, in words.
    """

    state: State
    pid: int = 0
    keeper: int = 0
    launches: int = 0
    crashes: int = 0
    last_end: str = ""
