"""Another name for an Ethernet device, which is found by what is known of it.

Documents may name the device by it, wherever they name a link. The names of devices depend on slots
and drivers; what the expression asks for (a hardware address, a bus) does not.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Fault, Named, Part
from ichor.config.field import ALWAYS, LINK
from ichor.errors import FormatError


class LinkSelector(Part, frozen=True, kw_only=True):
    """match: an expression in CEL about `link`."""

    match: str = ""


class LinkAliasConfig(Named, frozen=True, kw_only=True):
    """name: the alias."""

    KIND: ClassVar[str] = "LinkAliasConfig"

    name: Annotated[str, LINK]
    selector: Annotated[LinkSelector, ALWAYS] = field(default_factory=LinkSelector)

    def faults(self) -> Iterator[Fault]:
        if "%" in self.name:
            yield Fault("name", "expected one name: patterns are not supported", "no %")
        match, path = self.selector.match, "selector.match"
        if not match:
            hint = 'as mac(link.permanent_addr) == "02:00:5e:00:53:01"'
            yield Fault(path, "expected an expression", hint)
            return
        from ichor.config.selector import Device, matches_link  # few have an expression

        try:
            matches_link(match, Device())
        except FormatError as error:
            yield Fault(path, str(error))
