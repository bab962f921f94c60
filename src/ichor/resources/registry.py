"""Every type there is: its definition, its spec, and the names by which clients ask for it.

`spec_class` and `definition` import the one module a type lives in; `definitions` and `find`
import them all, which is not for the start of PID 1.
"""

import importlib
from collections.abc import Iterator, Mapping
from functools import cache

from ichor.cosi.resource import Definition, Spec
from ichor.errors import NotFound
from ichor.resources.modules import MODULES

# Types whose name clients print in another way than the class is called.
_DISPLAY = {"DNSResolveCaches.net.talos.dev": "DNSResolveCach"}
# Types that answer to their written aliases only, so that a better known one keeps the others.
_PLAIN = {"MountStatuses.runtime.talos.dev"}


def spec_class(type: str) -> type[Spec]:
    """Give the class of a type's spec. Raises NotFound for a type that is not ours."""
    if type not in MODULES:
        raise NotFound(f"no resource type {type!r}")
    return _classes(MODULES[type])[type]


def definition(type: str) -> Definition:
    return spec_class(type).definition


def definitions() -> Iterator[Definition]:
    """Every definition, in the order of the modules."""
    return (definition(type) for type in MODULES)


def display_type(type: str) -> str:
    """Name one instance as listings do: `HostnameStatus`."""
    return _DISPLAY.get(type, spec_class(type).__name__)


def all_aliases(found: Definition) -> tuple[str, ...]:
    """All that a client may type: the written aliases, and the type's name cut at any dot."""
    if is_plain(found):
        return found.aliases
    words = found.type.lower().split(".")
    cuts = tuple(".".join(words[:count]) for count in range(1, len(words)))
    return cuts + found.aliases


def is_plain(found: Definition) -> bool:
    return found.type in _PLAIN


def find(name: str) -> tuple[Definition, ...]:
    """Definitions that answer to a name, whatever its case; the full type answers alone."""
    wanted = name.lower()
    return _full_names().get(wanted) or _aliases().get(wanted, ())


@cache
def _classes(module: str) -> Mapping[str, type[Spec]]:
    members = vars(importlib.import_module(f"ichor.resources.{module}")).values()
    found = [one for one in members if isinstance(one, type) and issubclass(one, Spec)]
    return {one.definition.type: one for one in found if one is not Spec}


@cache
def _full_names() -> Mapping[str, tuple[Definition, ...]]:
    return {found.type.lower(): (found,) for found in definitions()}


@cache
def _aliases() -> Mapping[str, tuple[Definition, ...]]:
    table: dict[str, tuple[Definition, ...]] = {}
    for found in definitions():
        for alias in dict.fromkeys(all_aliases(found)):
            table[alias] = (*table.get(alias, ()), found)
    return table
