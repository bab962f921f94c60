"""reboot(2), after sync(2).

In a pid namespace the kernel ends its init by SIGHUP for a restart and by SIGINT for the others
(kernel/pid_namespace.c); the host process that waits for it reads that.
"""

import os

from ichor.linux import libc
from ichor.ports.power import Ending

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


def ignore_ctrl_alt_delete() -> None:
    """Have Ctrl-Alt-Del send SIGINT to init instead of restarting at once."""
    libc.reboot(0)
