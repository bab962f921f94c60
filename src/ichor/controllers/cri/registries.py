"""Registries: whom containerd asks for images, with the node's own cache before all others.

config/ActiveConfig, cri/ImageCacheConfig "image-cache" ─► cri/RegistryConfig "registries"

The cache is listed as soon as it is there, served or not: one that does not answer costs a refused
connection, while a first pull that did not know of it would leave the node.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.config.container import Config
from ichor.config.documents import registry as documents
from ichor.controllers.cri.image_cache import HOST, PORT
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.cri.ids import IMAGE_CACHE_CONFIG_ID, REGISTRIES_CONFIG_ID
from ichor.resources.cri.image_cache import ImageCacheConfig
from ichor.resources.cri.registry import (
    RegistryAuthConfig,
    RegistryConfig,
    RegistryEndpointConfig,
    RegistryMirrorConfig,
    RegistryTLSConfig,
)
from ichor.resources.fields import CertificateAndKey

ANY = documents.ANY
CACHE = RegistryEndpointConfig(endpoint=f"http://{HOST}:{PORT}")


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", CONFIG_ID)] = None
    cache: Annotated[ImageCacheConfig | None, Get("cri", IMAGE_CACHE_CONFIG_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, RegistryConfig]]:
    config = inputs.config.value if inputs.config is not None else Config()
    mirrors = _mirrors(config)
    if inputs.cache is not None and inputs.cache.roots:
        mirrors = {
            name: replace(mirror, endpoints=(CACHE, *mirror.endpoints))
            for name, mirror in {ANY: RegistryMirrorConfig(), **mirrors}.items()
        }
    yield (
        REGISTRIES_CONFIG_ID,
        RegistryConfig(mirrors=mirrors, auths=_auths(config), tls=_tls(config)),
    )


def _mirrors(config: Config) -> Mapping[str, RegistryMirrorConfig]:
    return {
        name: RegistryMirrorConfig(
            endpoints=tuple(
                RegistryEndpointConfig(endpoint=each.url, override_path=each.override_path)
                for each in document.endpoints
            ),
            skip_fallback=document.skip_fallback,
        )
        for name, document in config.named(documents.RegistryMirrorConfig).items()
    }


def _auths(config: Config) -> Mapping[str, RegistryAuthConfig]:
    return {
        name: RegistryAuthConfig(
            username=document.username,
            password=document.password.reveal(),
            auth=document.auth.reveal(),
        )
        for name, document in config.named(documents.RegistryAuthConfig).items()
    }


def _tls(config: Config) -> Mapping[str, RegistryTLSConfig]:
    return {
        name: RegistryTLSConfig(
            client_identity=_identity(document.client_identity),
            ca=(document.ca or "").encode(),
            insecure_skip_verify=document.insecure_skip_verify,
        )
        for name, document in config.named(documents.RegistryTLSConfig).items()
    }


def _identity(given: documents.ClientIdentity | None) -> CertificateAndKey | None:
    if given is None:
        return None
    return CertificateAndKey(crt=given.cert.encode(), key=given.key.reveal().encode())


registries = Transform(
    name="cri.Registries", inputs=Inputs, outputs=[Out(RegistryConfig)], reconcile=reconcile
)
