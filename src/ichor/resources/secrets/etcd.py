"""Certificates of etcd."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import CertificateAndKey


class EtcdSecret(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="EtcdSecrets.secrets.talos.dev",
        namespace="secrets",
        aliases=("etcdsecret", "es"),
        sensitive=True,
    )
    etcd: CertificateAndKey = CertificateAndKey()
    etcd_peer: CertificateAndKey = CertificateAndKey()
    etcd_admin: CertificateAndKey = CertificateAndKey()
    etcd_api_server: CertificateAndKey = field(default=CertificateAndKey(), name="etcdAPIServer")


class EtcdRootSecret(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="EtcdRootSecrets.secrets.talos.dev",
        namespace="secrets",
        aliases=("etcdrootsecret", "ers"),
        sensitive=True,
    )
    etcd_ca: CertificateAndKey = field(default=CertificateAndKey(), name="etcdCA")
