"""Certificates as wishes and as facts: what should be issued, and what has been.

    CertificateRequest (who, for what, by which CA) ─► issuance ─► Certificate (PEM, lifetime)

Kinds of ours: the resources of the interface (ApiCertificates, EtcdSecrets, ...) are assembled
from these, so that issuing and renewing are written once.
"""

import enum
from datetime import datetime, timedelta
from typing import ClassVar

from ichor.config.secret import Secret
from ichor.cosi.resource import Definition, Spec

NAMESPACE = "secrets"


class Issuer(enum.Enum):
    """Whose key signs: a CA of this node's configuration, trustd elsewhere, or the key itself."""

    OS = "os"
    KUBERNETES = "kubernetes"
    AGGREGATOR = "aggregator"
    ETCD = "etcd"
    TRUSTD = "trustd"
    SELF = "self"


class Usage(enum.Enum):
    """Extended key usage, RFC 5280 section 4.2.1.12."""

    CLIENT = "clientAuth"
    SERVER = "serverAuth"


class CertificateRequest(Spec, frozen=True, kw_only=True):
    """What should be certified. dns_names and ips: subject alternative names, ascending."""

    definition: ClassVar[Definition] = Definition(
        type="CertificateRequests.ichor.dev",
        namespace=NAMESPACE,
        aliases=("certificaterequest",),
        columns={"Issuer": "{.issuer}", "Common Name": "{.common_name}"},
    )
    issuer: Issuer
    common_name: str
    organizations: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    usages: tuple[Usage, ...] = (Usage.SERVER,)
    lifetime: timedelta = timedelta(hours=24)


class Authority(Spec, frozen=True, kw_only=True):
    """A CA as PEM, its id the issuer's value; without a key this node may only verify."""

    definition: ClassVar[Definition] = Definition(
        type="Authorities.ichor.dev", namespace=NAMESPACE, aliases=("authority",), sensitive=True
    )
    cert: str
    key: Secret


class Certificate(Spec, frozen=True, kw_only=True):
    """What has been issued: PEM of the leaf, of its key, and of the CAs that vouch for it."""

    definition: ClassVar[Definition] = Definition(
        type="Certificates.ichor.dev",
        namespace=NAMESPACE,
        aliases=("certificate", "certs"),
        columns={"Issuer": "{.request.issuer}", "Not After": "{.not_after}"},
        sensitive=True,
    )
    request: CertificateRequest
    cert: str
    key: Secret
    authority: str
    not_before: datetime
    not_after: datetime

    @property
    def renew_at(self) -> datetime:
        """Half of the life: early enough for a day of failures, late enough to be rare."""
        return self.not_before + (self.not_after - self.not_before) / 2
