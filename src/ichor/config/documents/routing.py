"""Routes that lead nowhere, and rules that choose a table. Their names are what they are about."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from ichor.config.document import Fault, Named
from ichor.config.field import ALWAYS, CIDR, LINK, TABLE, U32

_MOST = 32765  # behind it are the kernel's own


class BlackholeRouteConfig(Named, frozen=True, kw_only=True):
    """name: the network."""

    KIND: ClassVar[str] = "BlackholeRouteConfig"

    name: Annotated[str, CIDR]
    metric: Annotated[int, U32] | None = None


class RoutingRuleConfig(Named, frozen=True, kw_only=True):
    """name: its priority; the smallest is asked first."""

    KIND: ClassVar[str] = "RoutingRuleConfig"

    src: Annotated[str, CIDR] | None = None
    dst: Annotated[str, CIDR] | None = None
    table: Annotated[str, TABLE, ALWAYS] = "main"
    action: Literal["unicast", "blackhole", "unreachable", "prohibit"] = "unicast"
    iif_name: Annotated[str, LINK] | None = None
    oif_name: Annotated[str, LINK] | None = None
    fw_mark: Annotated[int, U32] | None = None
    fw_mask: Annotated[int, U32] | None = None

    def faults(self) -> Iterator[Fault]:
        if not (self.name.isascii() and self.name.isdigit() and 1 <= int(self.name) <= _MOST):
            yield Fault("name", f"expected the rule's priority, an integer from 1 to {_MOST}")
        given = (self.src, self.dst)
        families = {ipaddress.ip_network(one, strict=False).version for one in given if one}
        if len(families) > 1:
            yield Fault("dst", "expected the address family of src")
        if self.fw_mask is not None and self.fw_mark is None:
            yield Fault("fwMask", "needs fwMark")
