"""Links that documents name: what they call by its alias is given its name."""

from collections.abc import Mapping
from functools import cache
from typing import get_args, get_type_hints

from msgspec.structs import replace

from ichor.config.container import Config
from ichor.config.document import Document
from ichor.config.documents.link_alias import LinkAliasConfig
from ichor.config.field import LINK


def renamed(config: Config, names: Mapping[str, str]) -> Config:
    """names: of links by their aliases. Fields of documents that are marked LINK name one."""
    if not names:
        return config
    return replace(config, documents=tuple(_renamed(one, names) for one in config.documents))


def _renamed(document: Document, names: Mapping[str, str]) -> Document:
    if isinstance(document, LinkAliasConfig):
        return document
    changes: dict[str, str | tuple[str, ...]] = {}
    for field in link_fields(type(document)):
        value: str | tuple[str, ...] | None = getattr(document, field)
        if isinstance(value, str):
            changes[field] = names.get(value, value)
        elif value:
            changes[field] = tuple(names.get(one, one) for one in value)
    return replace(document, **changes) if changes else document


@cache
def link_fields(kind: type[Document]) -> tuple[str, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(name for name in kind.__struct_fields__ if names_a_link(hints[name]))


def names_a_link(hint: object) -> bool:
    marks: tuple[object, ...] = getattr(hint, "__metadata__", ())
    return LINK in marks or any(names_a_link(one) for one in get_args(hint))
