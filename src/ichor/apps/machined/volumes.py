"""The volumes of a node, as what is mounted where."""

from collections.abc import Iterator, Sequence
from typing import Final

from ichor.apps.machined import layers
from ichor.ports.mount import Mount
from ichor.ports.system_disk import opened
from ichor.resources.runtime.mount import MountStatus

TARGETS: Final = {
    "EPHEMERAL": "/var",
    "STATE": layers.STATE,
    "IMAGECACHE": layers.IMAGE_CACHE,
}


def statuses(mounts: Sequence[Mount]) -> Iterator[tuple[str, MountStatus]]:
    """Give each volume that is mounted; of several mounts the last covers the others."""
    by_target = {mount.target: mount for mount in mounts}
    for volume, target in TARGETS.items():
        mount = by_target.get(target)
        if mount is not None:
            yield (
                volume,
                MountStatus(
                    source=mount.source,
                    target=mount.target,
                    filesystem_type=mount.fstype,
                    options=mount.options,
                    encrypted=mount.source == opened(volume),
                ),
            )
