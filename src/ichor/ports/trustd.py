"""What a node without a CA key wants from those that have one."""

from typing import Protocol

from msgspec import Struct


class Issued(Struct, frozen=True, kw_only=True):
    """A certificate for our request, and the certificates to trust, PEM."""

    certificate: bytes
    authorities: bytes


class Trustd(Protocol):
    async def certify(self, csr: bytes) -> Issued:
        """Have a request (PEM) signed. TransientError: nobody answers; InputError: refused."""
        ...
