"""TLS client contexts from PEM in memory.

OpenSSL's Python binding loads a key only from a path: it is given one of an anonymous memory
file (memfd_create(2)), so no secret is ever written to a disk.
"""

import os
import ssl

from msgspec import Struct


class Identity(Struct, frozen=True, kw_only=True):
    """A client certificate and its key, PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Identity(...)"


def client_context(ca: bytes, identity: Identity | None = None) -> ssl.SSLContext:
    """Trust exactly the given PEM certificates, show the identity if there is one.

    Strictness about key identifiers (Python 3.13's default) is off: certificate authorities
    made by other tools often lack them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=ca.decode("ascii"))
    if identity is not None:
        _load(context, identity)
    return context


def _load(context: ssl.SSLContext, identity: Identity) -> None:
    descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(identity.certificate.rstrip() + b"\n" + identity.key)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
