"""`ichor cluster create --provisioner qemu`: what virtual machines are made of."""

import os
from pathlib import Path

from msgspec.structs import replace

from ichor.provision.record import Cluster, Machine


def fitted(planned: Cluster) -> Cluster:
    """Give the cluster with the accelerator that works here, if it has machines."""
    from ichor.provision.machines import with_accelerator

    return with_accelerator(planned) if planned.has_machines else planned


def with_boot(machine: Machine, medium: str | None, keys: Path | None) -> Machine:
    """Give the machine with what it starts from: our disk, or a medium."""
    if medium is None:
        return replace(machine, image=str(disk_image(keys)))
    made = str(boot_medium(medium, keys))
    return replace(machine, iso=made) if medium == "iso" else replace(machine, netboot=made)


def boot_medium(kind: str, keys: Path | None = None) -> Path:
    """Build what is missing of a boot medium, and give it: kind `iso`, or `pxe`, a folder."""
    from ichor.image import medium, uki
    from ichor.image.cache import Cache, default_root
    from ichor.image.progress import Lines

    if keys is not None:
        os.environ[uki.KEYS] = str(keys)
    cache = Cache(default_root())
    step = {"iso": medium.iso_step, "pxe": medium.pxe_step}[kind](cache)
    cache.make([step], Lines())
    return cache.path(step) / medium.ISO if kind == "iso" else cache.path(step)


def disk_image(keys: Path | None = None) -> Path:
    """Build what is missing of the disk, and give it. keys: the directory of who signs it."""
    from ichor.image import disk, uki
    from ichor.image.cache import Cache, default_root
    from ichor.image.progress import Lines

    if keys is not None:
        os.environ[uki.KEYS] = str(keys)
    cache = Cache(default_root())
    step = disk.disk_step(cache)
    cache.make([step], Lines())
    return cache.path(step) / disk.FILE
