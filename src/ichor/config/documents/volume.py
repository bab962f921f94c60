"""A system volume. Of EPHEMERAL, which holds /var, the mount's `secure` is acted upon.

secure: nosuid, nodev and, where it can be, noexec. A container's /var is given to it: skipped.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Fault, Named, Part
from ichor.config.field import ALWAYS


class VolumeMount(Part, frozen=True, kw_only=True):
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"disableAccessTime"})
    secure: Annotated[bool, ALWAYS] = True


class VolumeConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "VolumeConfig"
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset(
        {"provisioning", "filesystem", "encryption", "trim", "scrub"}
    )
    mount: Annotated[VolumeMount, ALWAYS] = field(default_factory=VolumeMount)

    def faults(self) -> Iterator[Fault]:
        if self.name in ("STATE", "IMAGECACHE"):
            yield Fault("name", f"{self.name} is known, not supported yet", "use EPHEMERAL")
        elif self.name != "EPHEMERAL":
            yield Fault("name", "expected EPHEMERAL", "user volumes have a kind of their own")
