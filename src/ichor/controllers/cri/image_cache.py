"""ImageCache: what the node has of a cache of images, and whether it is served.

    config/ActiveConfig, runtime/MountStatus IMAGECACHE*, runtime/HealthStatus "registryd"
        ─► cri/ImageCacheConfig "image-cache"
        ─► (from its roots) runtime/ServiceSpec, HealthCheck "registryd"

A disk comes before a boot medium. Nothing is copied from one to the other: a volume to copy to is
not supported yet, and refused by the configuration.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.controllers.runtime.apid_service import daemon
from ichor.cosi.controller import All, Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.cri.ids import IMAGE_CACHE_CONFIG_ID
from ichor.resources.cri.image_cache import ImageCacheConfig
from ichor.resources.cri.kinds import ImageCacheCopyStatus, ImageCacheStatus
from ichor.resources.runtime.mount import MountStatus
from ichor.resources.runtime.service_spec import ServiceSpec
from ichor.resources.runtime.service_status import HealthCheck, HealthStatus, Http

ID = "registryd"
UID = 52
HOST = "127.0.0.1"
PORT = 3172
VOLUMES = ("IMAGECACHE", "IMAGECACHE-ISO")


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", CONFIG_ID)] = None
    volumes: Annotated[Mapping[str, MountStatus], All("runtime", ids="^IMAGECACHE")] = {}
    health: Annotated[HealthStatus | None, Get("runtime", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, ImageCacheConfig]]:
    if inputs.config is None:
        return
    is_wanted = inputs.config.value.has_image_cache
    mounts = [inputs.volumes[name] for name in VOLUMES if is_wanted and name in inputs.volumes]
    is_served = bool(mounts) and inputs.health is not None and inputs.health.healthy
    status = ImageCacheStatus.READY if is_served else ImageCacheStatus.PREPARING
    yield (
        IMAGE_CACHE_CONFIG_ID,
        ImageCacheConfig(
            status=status if is_wanted else ImageCacheStatus.DISABLED,
            copy_status=ImageCacheCopyStatus.SKIPPED,
            roots=tuple(mount.target for mount in mounts),
        ),
    )


class ServiceInputs(Struct, frozen=True, kw_only=True):
    cache: Annotated[ImageCacheConfig, Get("cri", IMAGE_CACHE_CONFIG_ID)]


def service(inputs: ServiceInputs) -> Iterator[tuple[str, Spec]]:
    if not inputs.cache.roots:
        return
    yield ID, daemon(ID, UID, "system/registryd", inputs.cache.roots)
    yield (
        ID,
        HealthCheck(
            probe=Http(host=HOST, port=PORT, path="/healthz"),
            initial=timedelta(seconds=1),
            period=timedelta(seconds=5),
            timeout=timedelta(milliseconds=500),
        ),
    )


image_cache = Transform(
    name="cri.ImageCache", inputs=Inputs, outputs=[Out(ImageCacheConfig)], reconcile=reconcile
)
registryd_service = Transform(
    name="cri.Registryd",
    inputs=ServiceInputs,
    outputs=[Out(ServiceSpec), Out(HealthCheck)],
    reconcile=service,
)
