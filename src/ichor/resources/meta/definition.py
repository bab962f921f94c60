"""Types and namespaces as resources, so that clients can resolve what their users type."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import NoWire, OmitEmpty, Part, Word

NAMESPACE = "meta"


class Sensitivity(Word):
    NON_SENSITIVE = "non-sensitive", 0
    SENSITIVE = "sensitive", 1


class Namespace(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="Namespaces.meta.cosi.dev",
        namespace=NAMESPACE,
        aliases=("ns", "namespace"),
    )
    description: str = ""


class PrintColumn(Part, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    json_path: str = ""


class ResourceDefinition(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ResourceDefinitions.meta.cosi.dev",
        namespace=NAMESPACE,
        aliases=("api-resources", "resourcedefinition", "rd", "rds"),
        columns={"Aliases": "{.aliases[:]}"},
    )
    type: str = ""
    display_type: str = ""
    default_namespace: str = ""
    aliases: tuple[str, ...] = ()
    all_aliases: tuple[str, ...] = ()
    skip_automatic_aliases: NoWire[OmitEmpty[bool]] = False
    print_columns: tuple[PrintColumn, ...] = ()
    sensitivity: OmitEmpty[Sensitivity] = Sensitivity.NON_SENSITIVE
