"""Installing to a disk: that it is asked for, and how far it is; kinds of ours."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty

ID = "machine"


class Installation(Spec, frozen=True, kw_only=True):
    """The machine shall be installed, to the disk that its configuration says."""

    definition: ClassVar[Definition] = Definition(
        type="Installations.ichor.dev", namespace="runtime", aliases=("installation",)
    )


class InstallationStatus(Spec, frozen=True, kw_only=True):
    """disk: that was installed to. reboot: it shall be started by itself. error: why it is not."""

    definition: ClassVar[Definition] = Definition(
        type="InstallationStatuses.ichor.dev",
        namespace="runtime",
        aliases=("installationstatus",),
        columns={"Disk": "{.disk}", "Error": "{.error}"},
    )
    disk: str = ""
    reboot: bool = True
    error: OmitEmpty[str] = ""


class BootMedium(Spec, frozen=True, kw_only=True):
    """This boot is from a medium, not from a disk. image: that it carries, and installs.

    installed: disks of this machine that hold an installation.
    """

    definition: ClassVar[Definition] = Definition(
        type="BootMedia.ichor.dev",
        namespace="runtime",
        aliases=("bootmedium",),
        columns={"Image": "{.image}", "Installed": "{.installed}"},
    )
    image: str
    installed: OmitEmpty[tuple[str, ...]] = ()
