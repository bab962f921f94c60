"""System mounts as they are."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty


class MountStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="MountStatuses.runtime.talos.dev",
        namespace="runtime",
        aliases=("mounts",),
        columns={
            "Source": "{.source}",
            "Target": "{.target}",
            "Filesystem Type": "{.filesystemType}",
        },
    )
    source: str = ""
    target: str = ""
    filesystem_type: str = ""
    options: tuple[str, ...] = ()
    encrypted: bool = False
    encryption_providers: OmitEmpty[tuple[str, ...]] = ()
