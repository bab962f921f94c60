"""TLS 1.3 for both ends, with contexts that can be swapped while running.

A swap counts for new handshakes; running connections live on. No session tickets: a resumed
session would skip the check of a certificate whose CA has been withdrawn meanwhile. Keys never
touch a disk: OpenSSL reads them from a memfd.
"""

import enum
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ichor.pki.pem import for_openssl

Chain: TypeAlias = tuple[bytes, ...]
Verify: TypeAlias = Callable[[Chain], None]


class ClientAuth(enum.Enum):
    NOT_REQUESTED = ssl.CERT_NONE
    OPTIONAL = ssl.CERT_OPTIONAL
    REQUIRED = ssl.CERT_REQUIRED


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate chain (leaf first) and its key, PEM."""

    chain: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Identity(...)"


@dataclass(slots=True)
class ServerTls:
    """What a listener shows and asks for; assign `context` to swap.

    verify gets the client's chain as DER, leaf first, empty if there is none; it refuses by raising
    RpcError, which every call on the connection then gets.
    """

    context: ssl.SSLContext
    verify: Verify | None = None


@dataclass(slots=True)
class ClientTls:
    """What a client shows and trusts; assign `context` to swap.

    name: what the server's certificate must be valid for; the host dialled if None.
    verify gets the server's chain as DER after OpenSSL's own checks; raising refuses.
    """

    context: ssl.SSLContext
    name: str | None = None
    verify: Verify | None = None


def server_context(
    identity: Identity, authorities: bytes = b"", auth: ClientAuth = ClientAuth.REQUIRED
) -> ssl.SSLContext:
    """Make a context; authorities are the PEM CAs that client certificates must chain to."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, identity, authorities)
    context.num_tickets = 0
    context.verify_mode = ssl.VerifyMode(auth.value)
    return context


def client_context(
    authorities: bytes, identity: Identity | None = None, *, insecure: bool = False
) -> ssl.SSLContext:
    """Make a context; insecure trusts anyone, as towards a node that has no configuration yet."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, identity, authorities)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _context(protocol: int, identity: Identity | None, authorities: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    if identity is not None:
        _load(context, identity)
    if authorities:
        context.load_verify_locations(cadata=authorities.decode("ascii"))
    return context


def _load(context: ssl.SSLContext, identity: Identity) -> None:
    # load_cert_chain takes file names only.
    fd = os.memfd_create("identity")
    try:
        key = for_openssl(identity.key.decode("ascii")).encode()
        os.write(fd, key.rstrip() + b"\n" + identity.chain)
        context.load_cert_chain(f"/proc/self/fd/{fd}")
    finally:
        os.close(fd)


def chain_of(tls: ssl.SSLObject) -> Chain:
    """Give the certificates that the peer sent, leaf first, DER; empty if none.

    3.13 has a public method; before that only the inner object has it (since 3.10).
    """
    leaf = tls.getpeercert(binary_form=True)
    if leaf is None:
        return ()
    public = getattr(tls, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    inner = tls._sslobj.get_unverified_chain() or ()  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    der = tuple(ssl.PEM_cert_to_DER_cert(certificate.public_bytes(1)) for certificate in inner)
    # OpenSSL's server side leaves the leaf out of this chain in some versions.
    return der if der[:1] == (leaf,) else (leaf, *der)
