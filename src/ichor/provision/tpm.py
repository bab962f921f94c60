"""A machine's TPM: swtpm(8), one process beside each QEMU, talked to over a socketpair.

    keeper ── fork ──► swtpm: its state in the node's directory, where it survives reboots and cuts

It ends when the keeper has seen QEMU end, and with the keeper; the machine's firmware
starts the TPM in it up.
"""

import os
import shutil
import socket
from functools import partial
from pathlib import Path
from typing import Final

from ichor.errors import InputError
from ichor.provision import launch

SWTPM: Final = "swtpm"
STATE: Final = "tpm"  # in the directory of a node
_LOG: Final = "swtpm.log"


def check() -> None:
    """Raises InputError where there is no program that plays a TPM."""
    if shutil.which(SWTPM) is None:
        hint = "apt-get install swtpm, or leave out --tpm"
        raise InputError(f"no program {SWTPM!r} on this machine", path="--tpm", hint=hint)


def arguments(link: int) -> tuple[str, ...]:
    """Give QEMU's, for a TPM at the other end of this descriptor."""
    return (
        *("-chardev", f"socket,id=tpmlink,fd={link}"),
        *("-tpmdev", "emulator,id=tpm,chardev=tpmlink", "-device", "tpm-crb,tpmdev=tpm"),
    )


def command(directory: Path, link: int) -> tuple[str, ...]:
    state = directory / STATE
    return (
        *(SWTPM, "socket", "--tpm2", "--tpmstate", f"dir={state},mode=0600"),
        *("--ctrl", f"type=unixio,clientfd={link}"),
        *("--log", f"file={state / _LOG},level=1,truncate"),
    )


def start(directory: Path, terminal: launch.Terminal) -> tuple[int, socket.socket]:
    """Give its pid, and the end of the link that QEMU gets. Raises TransientError."""
    (directory / STATE).mkdir(mode=0o700, exist_ok=True)
    machines, its = socket.socketpair()
    try:
        with its:
            return _spawn(command(directory, its.fileno()), terminal, its.fileno()), machines
    except BaseException:
        machines.close()
        raise


def _spawn(argv: tuple[str, ...], terminal: launch.Terminal, link: int) -> int:
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(told)
        launch.become(partial(_execute, argv, link), terminal, tell)
    return launch.started(pid, told, tell, argv[0])


def _execute(argv: tuple[str, ...], link: int) -> None:
    """The console is the machine's: what the program has to say is in its log."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.set_inheritable(link, True)
    os.execvp(argv[0], argv)  # noqa: S606
