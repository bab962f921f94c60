"""System extensions: found, their services, what the image is made of."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty, Part


class Constraint(Part, frozen=True, kw_only=True):
    version: str = ""


class Compatibility(Part, frozen=True, kw_only=True):
    talos: Constraint = Constraint()


class Metadata(Part, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    version: str = ""
    author: str = ""
    description: str = ""
    compatibility: Compatibility = Compatibility()
    extra_info: OmitEmpty[str] = ""


class ExtensionStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="ExtensionStatuses.runtime.talos.dev",
        namespace="runtime",
        aliases=("extensions", "extensionstatus", "es"),
        columns={"Name": "{.metadata.name}", "Version": "{.metadata.version}"},
    )
    image: str = ""
    metadata: Metadata = Metadata()


class ExtensionServiceConfigFile(Part, frozen=True, kw_only=True, rename="camel"):
    content: str = ""
    mount_path: str = ""


class ExtensionServiceConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="ExtensionServiceConfigs.runtime.talos.dev",
        namespace="runtime",
        aliases=("extensionserviceconfig", "esc", "escs"),
        sensitive=True,
    )
    files: OmitEmpty[tuple[ExtensionServiceConfigFile, ...]] = ()
    environment: OmitEmpty[tuple[str, ...]] = ()


class ExtensionServiceConfigStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ExtensionServiceConfigStatuses.runtime.talos.dev",
        namespace="runtime",
        aliases=("extensionserviceconfigstatus", "escs"),
    )
    spec_version: str = ""


class SBOMItem(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="SBOMItems.talos.dev",
        namespace="runtime",
        aliases=("sbom", "sboms", "sbomitem", "sbomi", "sbomis"),
        columns={"Version": "{.version}", "License": "{.license}", "Extension": "{.extension}"},
    )
    name: str = ""
    version: str = ""
    license: OmitEmpty[str] = ""
    cpes: OmitEmpty[tuple[str, ...]] = ()
    purls: OmitEmpty[tuple[str, ...]] = ()
    extension: OmitEmpty[bool] = False
