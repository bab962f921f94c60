"""Certificates of the machine API and of trustd."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Certificate, CertificateAndKey


class ApiCertificate(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ApiCertificates.secrets.talos.dev",
        namespace="secrets",
        aliases=("apicertificate", "ac", "acs"),
        sensitive=True,
    )
    accepted_cas: tuple[Certificate, ...] = field(default=(), name="acceptedCAs")
    client: CertificateAndKey = CertificateAndKey()
    server: CertificateAndKey = CertificateAndKey()
    skip_verifying_client_cert: bool = False


class TrustdCertificate(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="TrustdCertificates.secrets.talos.dev",
        namespace="secrets",
        aliases=("trustdcertificate", "tc", "tcs"),
        sensitive=True,
    )
    accepted_cas: tuple[Certificate, ...] = field(default=(), name="acceptedCAs")
    server: CertificateAndKey = CertificateAndKey()


class MaintenanceRootSecret(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="MaintenanceRootSecrets.secrets.talos.dev",
        namespace="secrets",
        aliases=("maintenancerootsecret", "mrs"),
        sensitive=True,
    )
    ca: CertificateAndKey = CertificateAndKey()
