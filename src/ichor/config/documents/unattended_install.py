"""A machine from a boot medium installs itself, to a disk that is chosen by its facts."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Fault, Part
from ichor.config.field import ALWAYS, IMAGE
from ichor.errors import FormatError


class Installer(Part, frozen=True, kw_only=True):
    image: Annotated[str, IMAGE] | None = None


class DiskSelector(Part, frozen=True, kw_only=True):
    """match: an expression in CEL about `disk`."""

    match: str = ""


class Provisioning(Part, frozen=True, kw_only=True):
    disk_selector: DiskSelector = field(default_factory=DiskSelector)
    wipe: bool = True


class UnattendedInstallConfig(Document, frozen=True, kw_only=True):
    """reboot: once it is installed; done where nothing is said, since nobody attends."""

    KIND: ClassVar[str] = "UnattendedInstallConfig"

    reboot: bool | None = None
    installer: Annotated[Installer, ALWAYS] = field(default_factory=Installer)
    provisioning: Annotated[Provisioning, ALWAYS] = field(default_factory=Provisioning)

    def faults(self) -> Iterator[Fault]:
        match = self.provisioning.disk_selector.match
        path = "provisioning.diskSelector.match"
        if not match:
            yield Fault(path, "expected an expression", 'as disk.dev_path == "/dev/sda"')
            return
        from ichor.config.selector import Disk, matches  # few configurations have an expression

        try:
            matches(match, Disk())
        except FormatError as error:
            yield Fault(path, str(error))
