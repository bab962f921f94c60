"""The cache of images on the node: whether what the boot medium or a disk carries is used."""

from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Part
from ichor.config.field import ALWAYS


class LocalCache(Part, frozen=True, kw_only=True):
    enabled: bool = False


class ImageCacheConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "ImageCacheConfig"

    local: Annotated[LocalCache, ALWAYS] = field(default_factory=LocalCache)
