"""A discovery service to announce this node to; none is contacted without such a document."""

from typing import Annotated, ClassVar

from ichor.config.document import Named
from ichor.config.field import DISCOVERY


class DiscoveryServiceConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "DiscoveryServiceConfig"

    endpoint: Annotated[str, DISCOVERY]
