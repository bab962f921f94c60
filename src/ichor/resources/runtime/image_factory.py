"""How the image was ordered, and installing unattended."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty
from ichor.resources.runtime.kinds import UnattendedInstallPhase


class ImageFactorySchematic(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ImageFactorySchematics.runtime.talos.dev",
        namespace="runtime",
        aliases=("imagefactoryschematic", "ifs"),
        columns={"Schematic ID": "{.schematicId}", "Flavor": "{.flavor}", "API URL": "{.apiUrl}"},
    )
    schematic_id: str = ""
    flavor: str = ""
    api_url: str = ""


class UnattendedInstallStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="UnattendedInstallStatuses.runtime.talos.dev",
        namespace="runtime",
        aliases=("unattendedinstallstatus", "uis"),
        columns={"Phase": "{.phase}"},
    )
    image: OmitEmpty[str] = ""
    phase: OmitEmpty[UnattendedInstallPhase] = UnattendedInstallPhase.PENDING
    error: OmitEmpty[str] = ""
