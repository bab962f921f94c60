"""Issuance: keys are drawn and certificates signed somewhere; nobody above sees how.

Two adapters: a CA of this node (the signer) and a control plane's trustd.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from ichor.config.secret import Secret
from ichor.resources.secrets.certificate import Authority, Certificate, CertificateRequest


class Order(Struct, frozen=True, kw_only=True):
    """authority: the CA that signs; None if the certificate signs itself."""

    id: str
    request: CertificateRequest
    authority: Authority | None


class Issue(Struct, frozen=True):
    """Draw keys, have them certified, keep each under its id; they replace earlier ones.

    All that is due, at once: what is good is kept where another is refused.
    """

    orders: tuple[Order, ...]


class Enrol(Struct, frozen=True, kw_only=True):
    """Draw a key and have it certified by the first of the endpoints that answers.

    endpoints: `host:port` of trustd. token: the join token. accepted: PEM of the CAs one of
    which must vouch for trustd.
    """

    id: str
    request: CertificateRequest
    endpoints: tuple[str, ...]
    token: Secret
    accepted: str


class Forget(Struct, frozen=True, kw_only=True):
    id: str


Action = Issue | Enrol | Forget


class Issuance(Protocol):
    def observe(self) -> Mapping[str, Certificate]:
        """Give what was issued since the start, by id."""
        ...

    async def apply(self, action: Action) -> None:
        """Raises TransientError when nobody answers, InputError when the request is refused."""
        ...
