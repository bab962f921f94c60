"""Registries of images as those see them who ask what one has, without taking the image."""

from typing import Protocol

from msgspec import Struct

from ichor.formats.reference import Reference
from ichor.resources.cri.registry import RegistryConfig


class Credentials(Struct, frozen=True, kw_only=True):
    """For one host, in place of those of the configuration."""

    host: str
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(host={self.host!r})"


class Access(Struct, frozen=True, kw_only=True):
    """Whom to ask, and as whom."""

    registries: RegistryConfig = RegistryConfig()
    credentials: Credentials | None = None


class Manifest(Struct, frozen=True, kw_only=True):
    digest: str
    body: bytes


class Registries(Protocol):
    """Asks mirrors first and then the registry, as pulls do. What comes is what its digest says.

    Raises NotFound where nobody has it, TransientError where one that might did not answer.
    """

    async def manifest(self, name: Reference, access: Access) -> Manifest:
        """Give the manifest, or index of manifests, of a tag or a digest."""
        ...

    async def blob(self, name: Reference, digest: str, size: int, access: Access) -> bytes:
        """Give a blob of a repository; size: what it must have, in bytes."""
        ...
