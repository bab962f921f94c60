"""Who issues tokens of service accounts, and whose tokens are accepted beside (rotation)."""

from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Part
from ichor.config.field import HTTP, PUBLIC_KEY, Key


class Issuer(Part, frozen=True, kw_only=True):
    private_key: Key
    issuer_url: Annotated[str, HTTP] = field(name="issuerURL")


class Accepted(Part, frozen=True, kw_only=True):
    public_keys: tuple[Annotated[str, PUBLIC_KEY], ...] = ()
    issuers: tuple[Annotated[str, HTTP], ...] = ()
    audiences: tuple[str, ...] = ()


class KubeServiceAccountConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeServiceAccountConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    issuer: Issuer
    accepted: Accepted = field(default_factory=Accepted)
