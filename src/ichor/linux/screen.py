"""Screens: whether the kernel shows text on one, and which of its terminals is seen there.

Documentation/driver-api/console.rst has the drivers, ioctl_console(2) the requests.
"""

import os
import re
from fcntl import ioctl
from pathlib import Path
from typing import Final

_DRIVERS: Final = Path("/sys/class/vtconsole")
_NOBODY_SEES: Final = "dummy device"
_VIRTUAL: Final = re.compile(r"/dev/tty([1-9][0-9]?)")
_SEEN: Final = "/dev/tty0"  # whichever is seen
# include/uapi/linux/vt.h and tiocl.h
_VT_ACTIVATE: Final = 0x5606
_TIOCLINUX: Final = 0x541C
_SETKMSGREDIRECT: Final = 11
_FIRST: Final = 1


def driver(drivers: Path = _DRIVERS) -> str:
    """Name what draws text, as `frame buffer device`; empty where there is no screen."""
    for folder in sorted(drivers.glob("vtcon*")):
        name = (folder / "name").read_text().strip().partition(") ")[2]
        if (folder / "bind").read_text().strip() == "1" and name != _NOBODY_SEES:
            return name
    return ""


def open_terminal(path: str) -> int:
    """Open a terminal for a program; one of the screen's is what is seen from then on.

    What the kernel has to say then goes to the first one, or it would be written over the picture.
    Caller closes it. Raises OSError.
    """
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    found = _VIRTUAL.fullmatch(path)
    if found is None:
        return fd
    try:
        _show(int(found[1]))
    except BaseException:
        os.close(fd)
        raise
    return fd


def _show(number: int) -> None:
    fd = os.open(_SEEN, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        ioctl(fd, _TIOCLINUX, bytes([_SETKMSGREDIRECT, _FIRST]))
        ioctl(fd, _VT_ACTIVATE, number)
    finally:
        os.close(fd)
