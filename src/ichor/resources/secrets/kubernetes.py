"""Certificates and keys of Kubernetes."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, Certificate, CertificateAndKey, Object, PrivateKey, Url


class KubernetesSecret(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubernetesSecrets.secrets.talos.dev",
        namespace="secrets",
        aliases=("kubernetessecret", "ks"),
        sensitive=True,
    )
    scheduler_kubeconfig: str = ""
    controller_manager_kubeconfig: str = ""
    localhost_admin_kubeconfig: str = ""
    admin_kubeconfig: str = ""


class KubernetesDynamicCert(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubernetesDynamicCerts.secrets.talos.dev",
        namespace="secrets",
        aliases=("kubernetesdynamiccert", "kdc", "kdcs"),
        sensitive=True,
    )
    api_server: CertificateAndKey = CertificateAndKey()
    api_server_kubelet_client: CertificateAndKey = CertificateAndKey()
    front_proxy: CertificateAndKey = CertificateAndKey()


class KubernetesRootSecret(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubernetesRootSecrets.secrets.talos.dev",
        namespace="secrets",
        aliases=("kubernetesrootsecret", "krs"),
        sensitive=True,
    )
    name: str = ""
    endpoint: Url = ""
    local_endpoint: Url = field(default="", name="local_endpoint")
    cert_sans: tuple[str, ...] = field(default=(), name="certSANs")
    api_server_ips: tuple[Address, ...] = field(default=(), name="apiServerIPs")
    dns_domain: str = ""
    issuing_ca: CertificateAndKey = field(default=CertificateAndKey(), name="issuingCA")
    accepted_cas: tuple[Certificate, ...] = field(default=(), name="acceptedCAs")
    aggregator_ca: CertificateAndKey = field(default=CertificateAndKey(), name="aggregatorCA")
    accepted_aggregator_cas: tuple[Certificate, ...] = field(
        default=(), name="acceptedAggregatorCAs"
    )
    service_account: PrivateKey = PrivateKey()
    service_account_accepted_keys: tuple[PrivateKey, ...] = ()
    issuer_url: str = field(default="", name="issuerURL")
    accepted_issuers: tuple[str, ...] = ()
    api_audiences: tuple[str, ...] = ()
    aes_cbc_encryption_secret: str = field(default="", name="aesCBCEncryptionSecret")
    bootstrap_token_id: str = field(default="", name="bootstrapTokenID")
    bootstrap_token_secret: str = ""
    secretbox_encryption_secret: str = ""
    etcd_encryption_config: Object = {}
