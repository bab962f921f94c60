"""Registries of images: whom to ask instead, how to be let in, whom to trust.

Each document is about the registry of its name, a host with or without a port; a mirror's name may
be `*`, for every registry without a document of its own.
"""

import base64
from collections.abc import Iterator
from typing import Annotated, ClassVar

from ichor.config.document import Fault, Named, Part
from ichor.config.field import ALWAYS, HTTP, Cert, Key
from ichor.config.secret import Secret
from ichor.formats.reference import is_registry

ANY = "*"


class Endpoint(Part, frozen=True, kw_only=True):
    """override_path: the URL's path is where the API begins; else `/v2` is added."""

    url: Annotated[str, HTTP, ALWAYS]
    override_path: bool = False

    def faults(self) -> Iterator[Fault]:
        if not self.url.isascii() or not self.url.isprintable():
            yield Fault("url", "expected printable ASCII")


class RegistryMirrorConfig(Named, frozen=True, kw_only=True):
    """skip_fallback: the registry itself is never asked."""

    KIND: ClassVar[str] = "RegistryMirrorConfig"

    endpoints: tuple[Endpoint, ...] = ()
    skip_fallback: bool = False

    def faults(self) -> Iterator[Fault]:
        if self.name != ANY:
            yield from _named(self.name)
        if not self.endpoints:
            yield Fault("endpoints", "expected at least one endpoint")


class RegistryAuthConfig(Named, frozen=True, kw_only=True):
    """Who we are to a registry. auth: base64 of username:password, in place of the two.

    Of an identity token the runtime can make no use: it takes fixed headers by registry.
    """

    KIND: ClassVar[str] = "RegistryAuthConfig"
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"identityToken"})

    username: str = ""
    password: Secret = Secret("")
    auth: Secret = Secret("")

    def faults(self) -> Iterator[Fault]:
        yield from _named(self.name)
        if bool(self.username) != bool(self.password):
            yield Fault("", "username and password go together")
        if bool(self.auth) == bool(self.username):
            yield Fault("", "expected either username and password, or auth")
        if self.auth and not _is_pair(self.auth.reveal()):
            yield Fault("auth", "expected base64 of username:password")
        if ":" in self.username:
            yield Fault("username", "expected no colon (RFC 7617)")


class ClientIdentity(Part, frozen=True, kw_only=True):
    cert: Cert
    key: Key


class RegistryTLSConfig(Named, frozen=True, kw_only=True):
    """ca: certificates to trust beside the system's."""

    KIND: ClassVar[str] = "RegistryTLSConfig"

    client_identity: ClientIdentity | None = None
    ca: Cert | None = None
    insecure_skip_verify: bool = False

    def faults(self) -> Iterator[Fault]:
        yield from _named(self.name)


def _named(name: str) -> Iterator[Fault]:
    if not is_registry(name):
        yield Fault("name", "expected a host with or without a port", "write as registry.k8s.io")


def _is_pair(text: str) -> bool:
    try:
        return b":" in base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error is one
        return False
