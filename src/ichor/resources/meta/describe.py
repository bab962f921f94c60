"""A definition as the resource that tells clients of it."""

from ichor.cosi.resource import Definition, Metadata, Resource
from ichor.resources.meta.definition import NAMESPACE, PrintColumn, ResourceDefinition, Sensitivity
from ichor.resources.registry import all_aliases, display_type, is_plain


def describe(found: Definition) -> Resource[ResourceDefinition]:
    """Make the resource; its id is the type in lower case."""
    spec = ResourceDefinition(
        type=found.type,
        display_type=display_type(found.type),
        default_namespace=found.namespace,
        aliases=found.aliases,
        all_aliases=all_aliases(found),
        skip_automatic_aliases=is_plain(found),
        print_columns=tuple(
            PrintColumn(name=name, json_path=path) for name, path in found.columns.items()
        ),
        sensitivity=Sensitivity.SENSITIVE if found.sensitive else Sensitivity.NON_SENSITIVE,
    )
    metadata = Metadata(
        namespace=NAMESPACE, type=ResourceDefinition.definition.type, id=found.type.lower()
    )
    return Resource(metadata=metadata, spec=spec)
