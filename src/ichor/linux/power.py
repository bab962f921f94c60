"""reboot(2), after sync(2).

In a pid namespace the kernel ends its init by SIGHUP for a restart and by SIGINT for the others
(kernel/pid_namespace.c); the host process that waits for it reads that.
"""

import errno
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from ichor.formats import mountinfo
from ichor.linux import libc
from ichor.ports.power import Ending

_DYING_S: Final = 5.0
_PAUSE_S: Final = 0.02
# include/uapi/linux/reboot.h
COMMANDS = {
    Ending.RESTART: 0x01234567,
    Ending.POWER_OFF: 0x4321FEDC,
    Ending.HALT: 0xCDEF0123 - (1 << 32),
}


class KernelPower:
    def apply(self, action: Ending) -> None:
        os.sync()
        libc.reboot(COMMANDS[action])


def quiesce() -> None:
    """Leave a machine's disks as an unmount would: nobody writes, no log is to be replayed.

    For PID 1 as its last act but one: everybody else is killed, every file but the console closed.
    Raises OSError for file systems that stay writable; what they have is synced at the end anyway.
    """
    if os.getpid() != 1:
        raise OSError(errno.EPERM, "for PID 1 only")
    with suppress(ProcessLookupError):  # there is nobody else
        os.kill(-1, signal.SIGKILL)
    end = time.monotonic() + _DYING_S
    with suppress(ChildProcessError):
        while time.monotonic() < end:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(_PAUSE_S)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    table = Path("/proc/self/mountinfo").read_text(errors="surrogateescape")
    refused: list[str] = []
    for target in disks(mountinfo.parse(table)):
        try:
            libc.mount("none", target, flags=libc.MS_REMOUNT | libc.MS_RDONLY)
        except OSError as error:
            refused.append(str(error))
    if refused:
        raise OSError(errno.EBUSY, "; ".join(refused))


def disks(entries: Iterable[mountinfo.Entry]) -> tuple[str, ...]:
    """Give one mount of each writable file system that has a device, the whole if it is there."""
    own = {
        entry.device: entry.target
        for entry in sorted(entries, key=lambda entry: entry.root == "/")
        if entry.source.startswith("/dev/") and "rw" in entry.super_options
    }
    return tuple(own.values())


def ignore_ctrl_alt_delete() -> None:
    """Have Ctrl-Alt-Del send SIGINT to init instead of restarting at once."""
    libc.reboot(0)
