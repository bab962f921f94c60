"""An address that control planes share: one of them has it, whom they elect."""

from typing import Annotated, ClassVar

from ichor.config.document import Named
from ichor.config.field import IP, LINK


class Layer2VIPConfig(Named, frozen=True, kw_only=True):
    """name: the address. link: of each of them, all in one network."""

    KIND: ClassVar[str] = "Layer2VIPConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    name: Annotated[str, IP]
    link: Annotated[str, LINK]
