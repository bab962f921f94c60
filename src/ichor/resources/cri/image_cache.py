"""The cache of images on the node."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.cri.kinds import ImageCacheCopyStatus, ImageCacheStatus


class ImageCacheConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ImageCacheConfigs.cri.talos.dev",
        namespace="cri",
        aliases=("imagecacheconfig", "icc", "iccs"),
        columns={"Status": "{.status}", "CopyStatus": "{.copyStatus}", "Roots": "{.roots}"},
    )
    status: ImageCacheStatus = ImageCacheStatus.UNKNOWN
    copy_status: ImageCacheCopyStatus = ImageCacheCopyStatus.UNKNOWN
    roots: tuple[str, ...] = ()
