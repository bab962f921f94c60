"""`ichor cluster create --provisioner qemu`: what virtual machines are made of."""

import os
from pathlib import Path

from ichor.provision.record import Cluster


def fitted(planned: Cluster) -> Cluster:
    """Give the cluster with the accelerator that works here, if it has machines."""
    from ichor.provision.machines import with_accelerator

    return with_accelerator(planned) if planned.has_machines else planned


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
