"""PID 1 begins: the zygote before all else, the layers, then the loop; the end is the kernel's.

An error that gets here is fatal and shown on the console: PID 1 restarts the machine, which is
all it can do about itself.
"""

import asyncio
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Final, NoReturn

from ichor import log
from ichor.apps.machined import afresh, layers, measuring, site
from ichor.apps.machined.site import Site
from ichor.apps.zygote.main import DAEMONS
from ichor.linux import libc, zygote
from ichor.linux.file import KernelFiles
from ichor.linux.launch import Launcher
from ichor.linux.mount import KernelMounts
from ichor.linux.power import KernelPower, quiesce
from ichor.ports.fate import Fate
from ichor.ports.power import Ending

_READING_S: Final = 10  # for who looks at the console, and the disk gets some rest


def main(arguments: tuple[str, ...] = ()) -> NoReturn:
    os.umask(0o022)
    here = site.here()
    site.set_environment()
    libc.return_memory_early()
    if not here.is_container:
        site.mount_proc(KernelMounts())  # where the zygote, first thing, looks itself up
    # PID 1 needs most of it, too. [m] What only PID 1 needs comes later: shared as well, it costs
    # 3.6 MB more, for PID 1 soon writes to the pages of much that it uses.
    zygote.load(DAEMONS)
    launcher = Launcher.fork(DAEMONS, (afresh.INIT,))
    log.setup()
    ending, wipe = Ending.RESTART, frozenset[str]()  # of a machine, after a fault of ours
    try:
        _prepare(here)
        fate = asyncio.run(live(launcher, here))
        if fate.ending is Ending.AFRESH:
            afresh.begin(here.disk())
        ending, wipe = fate.ending or ending, fate.wipe
    except BaseException:  # noqa: BLE001 - the last one who could say what happened
        traceback.print_exc()
        _crash(here)
    sys.stderr.flush()
    if not here.is_container:
        _quiesce(here, wipe)
    KernelPower().apply(ending)
    os._exit(1)  # reached only where reboot(2) is refused


def _quiesce(here: Site, wipe: frozenset[str]) -> None:
    """Let the disk come to rest; then nobody writes any more to what is to be erased."""
    try:
        quiesce()
    except Exception:  # noqa: BLE001 - PID 1 is to end as it was told
        traceback.print_exc()
        sys.stderr.flush()
    if wipe:
        _erase(here, wipe)


def _erase(here: Site, wipe: frozenset[str]) -> None:
    from ichor.apps.machined import wiping  # it was loaded by what has just ended

    try:
        wiping.erase(wipe, here.disk())
    except Exception:  # noqa: BLE001 - as before
        traceback.print_exc()
        sys.stderr.flush()


def _crash(here: Site) -> None:
    """End as the crash that it is: a launcher counts those; on a machine a new boot is the cure."""
    sys.stderr.flush()
    if here.is_container:
        os._exit(1)  # not by an exception: a thread that hangs would be waited for
    time.sleep(_READING_S)


def _prepare(here: Site) -> None:
    """Make the layers; a machine mounts the kernel's and its disk's file systems itself."""
    mounts, files = KernelMounts(), KernelFiles(Path("/"))
    if here.is_container:
        layers.prepare(mounts, files)
    else:
        from ichor.apps.machined import unlock  # on machines, and after the fork
        from ichor.linux import generation

        site.mount_kernel(mounts)
        generation.check_running()
        measuring.boot()
        opened = unlock.volumes(here.disk())
        volumes = site.volumes(*opened)
        layers.prepare(mounts, files, *volumes)
        if volumes.are_kept:  # what was sealed is open, and is opened no more
            measuring.run(is_sealed=opened.is_sealed)
        unlock.complete(opened, mounts)
        site.mount_images(mounts, files)


async def live(launcher: Launcher, here: Site) -> Fate:
    from ichor.apps.machined.machine import Machine  # after the fork, see main

    return await Machine(launcher, here).run()
