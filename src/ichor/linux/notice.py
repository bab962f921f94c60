"""inotify(7): be told when something in a directory changes, instead of looking again and again."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path

from ichor.linux import libc
from ichor.linux.process import readable

# include/uapi/linux/inotify.h
_MODIFY, _MOVED_TO, _CREATE, _DELETE = 0x02, 0x80, 0x100, 0x200
_EVENTS = _MODIFY | _MOVED_TO | _CREATE | _DELETE
_BUFFER = 16 * 1024


async def changes(directory: Path) -> AsyncGenerator[None, None]:
    """Yield once to begin with, then after changes in the directory; several may count as one."""
    fd = libc.inotify_init()
    try:
        libc.inotify_add_watch(fd, str(directory), _EVENTS)
        yield
        while True:
            await readable(fd)
            os.read(fd, _BUFFER)
            yield
    finally:
        os.close(fd)
