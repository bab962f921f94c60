"""A system volume of a machine's disk: STATE or EPHEMERAL, which holds /var.

Sizes count when the partition is made, at the first configuration or after a reset; a partition may
grow later. mount.secure: nosuid and nodev; images' programs are run from /var, so never noexec.
A container is given its volumes: all of it is skipped there.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final

from msgspec import field

from ichor.config.document import Fault, Named, Part
from ichor.config.documents.volume_encryption import VolumeEncryption
from ichor.config.field import ALWAYS, Check
from ichor.errors import InputError
from ichor.units import parse_size

STATE: Final = "STATE"
EPHEMERAL: Final = "EPHEMERAL"
SYSTEM_DISK: Final = "system_disk"
LEAST: Final = 2 << 30  # of EPHEMERAL: facts/partitions.tsv


def is_size(text: str) -> bool:
    try:
        parse_size(text)
    except InputError:
        return False
    return True


def is_limit(text: str) -> bool:
    """Tell a size, a share of what is free, or what is to be left free."""
    number, percent, rest = text.partition("%")
    if percent:
        return not rest and number.isascii() and number.isdigit() and 0 < int(number) <= 100
    return is_size(text.removeprefix("-"))


SIZE: Final = Check("a size such as 10GiB", is_size)
LIMIT: Final = Check("a size such as 10GiB, a share such as 80%, or -10GiB to leave", is_limit)


class DiskSelector(Part, frozen=True, kw_only=True):
    match: str = ""

    def faults(self) -> Iterator[Fault]:
        if self.match not in ("", SYSTEM_DISK):
            message = "another disk than the system's is known, not supported yet"
            yield Fault("match", message, f"write {SYSTEM_DISK}, or remove it")


class Provisioning(Part, frozen=True, kw_only=True):
    """grow: left out, it grows with its disk."""

    disk_selector: DiskSelector | None = None
    grow: bool | None = None
    min_size: Annotated[str, SIZE] | None = None
    max_size: Annotated[str, LIMIT] | None = None

    def faults(self) -> Iterator[Fault]:
        if self.min_size is not None and parse_size(self.min_size) < LEAST:
            yield Fault("minSize", f"expected at least {LEAST >> 30}GiB")
        if self.max_size is None or self.max_size.endswith("%") or self.max_size[0] == "-":
            return
        least = parse_size(self.min_size) if self.min_size is not None else LEAST
        if parse_size(self.max_size) < least:
            yield Fault("maxSize", f"expected no less than minSize ({self.min_size or '2GiB'})")


class VolumeMount(Part, frozen=True, kw_only=True):
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"disableAccessTime"})
    secure: Annotated[bool, ALWAYS] = True


class VolumeConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "VolumeConfig"
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"filesystem", "trim", "scrub"})
    provisioning: Provisioning | None = None
    encryption: VolumeEncryption | None = None
    mount: Annotated[VolumeMount, ALWAYS] = field(default_factory=VolumeMount)

    def faults(self) -> Iterator[Fault]:
        if self.name == "IMAGECACHE":
            yield Fault("name", f"{self.name} is known, not supported yet", "use EPHEMERAL")
        elif self.name not in (STATE, EPHEMERAL):
            hint = "user volumes have a kind of their own"
            yield Fault("name", f"expected {STATE} or {EPHEMERAL}", hint)
        if self.name == STATE:
            yield from self._faults_of_state()

    def _faults_of_state(self) -> Iterator[Fault]:
        if self.provisioning is not None:
            yield Fault("provisioning", "STATE has one size", "remove the field")
        if not self.mount.secure:
            yield Fault("mount.secure", "nothing is ever run from STATE", "remove the field")
        if self.encryption is not None and any(key.lock_to_state for key in self.encryption.keys):
            yield Fault("encryption.keys", "STATE cannot be locked to itself: lockToState")
