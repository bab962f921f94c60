"""TLS client contexts from PEM in memory."""

import ssl

from msgspec import Struct

from ichor.rpc.tls import use


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
        use(context, identity.certificate, identity.key)
    return context
