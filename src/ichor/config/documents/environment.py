"""Environment variables of containerd, which pulls images: proxies above all."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from ichor.config.document import Document
from ichor.config.field import ALWAYS
from ichor.config.secret import Secret


class EnvironmentConfig(Document, frozen=True, kw_only=True):
    """Values are secret: proxy addresses carry passwords."""

    KIND: ClassVar[str] = "EnvironmentConfig"

    variables: Annotated[Mapping[str, Secret], ALWAYS] = {}
