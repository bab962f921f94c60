"""Registries: mirrors, credentials, TLS."""

from collections.abc import Mapping
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import CertificateAndKey, OmitEmpty, Part


class RegistryEndpointConfig(Part, frozen=True, kw_only=True, rename="camel"):
    endpoint: str = ""
    override_path: bool = False


class RegistryMirrorConfig(Part, frozen=True, kw_only=True, rename="camel"):
    endpoints: tuple[RegistryEndpointConfig, ...] = ()
    skip_fallback: OmitEmpty[bool] = False


class RegistryAuthConfig(Part, frozen=True, kw_only=True, rename="camel"):
    username: OmitEmpty[str] = ""
    password: OmitEmpty[str] = ""
    auth: OmitEmpty[str] = ""
    identity_token: OmitEmpty[str] = ""

    def __repr__(self) -> str:
        return f"RegistryAuthConfig(username={self.username!r}, ...)"


class RegistryTLSConfig(Part, frozen=True, kw_only=True, rename="camel"):
    client_identity: OmitEmpty[CertificateAndKey | None] = None
    ca: OmitEmpty[bytes] = b""
    insecure_skip_verify: OmitEmpty[bool] = False


class RegistryConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="RegistryConfigs.cri.talos.dev",
        namespace="cri",
        aliases=("registryconfig", "rc", "rcs"),
        sensitive=True,
    )
    mirrors: OmitEmpty[Mapping[str, RegistryMirrorConfig]] = {}
    auths: OmitEmpty[Mapping[str, RegistryAuthConfig]] = {}
    tls: OmitEmpty[Mapping[str, RegistryTLSConfig]] = {}
