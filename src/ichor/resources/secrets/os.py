"""The roots of trust of the machine, names in its certificates, the salt of its disks."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, Certificate, CertificateAndKey, Octets, OmitEmpty, Url


class OSRootSecret(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="OSRootSecrets.secrets.talos.dev",
        namespace="secrets",
        aliases=("osrootsecret", "osrs"),
        sensitive=True,
    )
    issuing_ca: CertificateAndKey = field(default=CertificateAndKey(), name="issuingCA")
    accepted_cas: tuple[Certificate, ...] = field(default=(), name="acceptedCAs")
    cert_san_ips: tuple[Address, ...] = field(default=(), name="certSANIPs")
    cert_san_dns_names: tuple[str, ...] = field(default=(), name="certSANDNSNames")
    token: str = ""


class JoinToken(Spec, frozen=True, kw_only=True):
    """What trustd needs to know a join token when it sees one, and no more: a kind of ours.

    sha256: lower-case hex.
    """

    definition: ClassVar[Definition] = Definition(
        type="JoinTokens.ichor.dev", namespace="secrets", aliases=("jointoken",), sensitive=True
    )
    sha256: str


class CertSAN(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="CertSANs.secrets.talos.dev",
        namespace="secrets",
        aliases=("certsan", "csan", "csans"),
        sensitive=True,
    )
    ips: tuple[Address, ...] = ()
    dns_names: tuple[str, ...] = ()
    fqdn: str = ""


class EncryptionSalt(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="EncryptionSalts.secrets.talos.dev",
        namespace="secrets",
        aliases=("encryptionsalt", "es"),
        sensitive=True,
    )
    disk_salt: Octets = b""


class KubeletSecret(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubeletSecrets.secrets.talos.dev",
        namespace="secrets",
        aliases=("kubeletsecret", "ks"),
        sensitive=True,
    )
    endpoint: Url = ""
    endpoint_tls_server_name: OmitEmpty[str] = field(default="", name="endpointTLSServerName")
    accepted_cas: tuple[Certificate, ...] = field(default=(), name="acceptedCAs")
    bootstrap_token_id: str = field(default="", name="bootstrapTokenID")
    bootstrap_token_secret: str = ""
