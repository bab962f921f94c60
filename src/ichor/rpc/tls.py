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

from ichor.errors import InputError
from ichor.pki.pem import for_openssl

_MISMATCH = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH")

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
        use(context, identity.chain, identity.key)
    if authorities:
        context.load_verify_locations(cadata=authorities.decode("ascii"))
    return context


def _refuse_password() -> str:
    raise ValueError("a key without a password is expected")


def use(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Give the context its own certificate (or chain, leaf first) and key, both PEM.

    OpenSSL's binding reads a key only from a path, and is given that of an anonymous memory file
    (memfd_create(2)): no secret is ever written to a disk.
    Raises ssl.SSLError, and ValueError where the key is encrypted.
    """
    fd = os.memfd_create("identity", os.MFD_CLOEXEC)
    try:
        private = for_openssl(key.decode("ascii")).encode()
        os.write(fd, private.rstrip() + b"\n" + certificate)
        context.load_cert_chain(f"/proc/self/fd/{fd}", password=_refuse_password)
    finally:
        os.close(fd)


def fits(certificate: bytes, key: bytes) -> bool:
    """Say whether the key is that of the certificate. Raises InputError if either is none."""
    try:
        use(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key)
    except ssl.SSLError as err:
        if err.reason in _MISMATCH:
            return False
        raise InputError("expected a certificate and its private key, in PEM") from None
    except ValueError as err:
        raise InputError(str(err)) from None
    return True


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
