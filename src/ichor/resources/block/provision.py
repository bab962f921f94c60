"""What a machine's first start asks for: volumes on its disk; kinds of ours."""

from collections.abc import Mapping
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.block.partition import EPHEMERAL, STATE
from ichor.resources.runtime.mount import MountStatus

NAMESPACE = "runtime"
ID = "system"


def lives_in_memory(mounts: Mapping[str, MountStatus], *, has_disk: bool) -> bool:
    """Say whether there is a disk whose volumes are not, or not yet, what is mounted."""
    ephemeral = mounts.get(EPHEMERAL)
    on_disk = ephemeral is not None and ephemeral.filesystem_type != "tmpfs" and STATE in mounts
    return has_disk and not on_disk


class VolumeProvision(Spec, frozen=True, kw_only=True):
    """labels: of partitions that are to be there, each with its file system, in this order."""

    definition: ClassVar[Definition] = Definition(
        type="VolumeProvisions.ichor.dev", namespace=NAMESPACE, aliases=("volumeprovision",)
    )
    labels: tuple[str, ...]


class VolumeProvisionStatus(Spec, frozen=True, kw_only=True):
    """labels: of those that are there."""

    definition: ClassVar[Definition] = Definition(
        type="VolumeProvisionStatuses.ichor.dev",
        namespace=NAMESPACE,
        aliases=("volumeprovisionstatus",),
        columns={"Labels": "{.labels}"},
    )
    labels: tuple[str, ...]
