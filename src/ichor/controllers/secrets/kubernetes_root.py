"""KubernetesRoot: the roots of trust of Kubernetes, and what its certificates must name.

    config/ActiveConfig ─► secrets/KubernetesRootSecret "k8s"
                           secrets/Authority "kubernetes", "aggregator"

On a control plane; a worker gets what its kubelet needs elsewhere (secrets.Kubelet).
"""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Struct

from ichor.config.container import Authority as ConfigAuthority
from ichor.config.container import Config
from ichor.config.documents.kube_apiserver import KubeAPIServerConfig
from ichor.config.documents.kube_etcd_encryption import KubeEtcdEncryptionConfig
from ichor.config.secret import Secret
from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.fields import Certificate, CertificateAndKey, PrivateKey
from ichor.resources.secrets.certificate import Authority, Issuer
from ichor.resources.secrets.ids import KUBERNETES_ROOT_ID
from ichor.resources.secrets.kubernetes import KubernetesRootSecret


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    config = inputs.config.value
    ca, aggregator, account = config.kubernetes_ca, config.aggregator_ca, config.service_account
    if not config.is_control_plane or ca is None or aggregator is None or account is None:
        return
    server = config.one(KubeAPIServerConfig)
    port = server.api_port if server else 6443
    token_id, token = config.bootstrap_token or ("", Secret(""))
    encryption = config.one(KubeEtcdEncryptionConfig)
    yield (
        KUBERNETES_ROOT_ID,
        KubernetesRootSecret(
            name=config.cluster_name,
            endpoint=config.endpoint,
            local_endpoint=f"https://localhost:{port}",
            cert_sans=names(config, server.cert_extra_sans if server else ()),
            api_server_ips=service_addresses(config),
            dns_domain=config.network.dns_domain,
            issuing_ca=both(ca),
            accepted_cas=tuple(Certificate(crt=crt.encode()) for crt in ca.accepted),
            aggregator_ca=both(aggregator),
            accepted_aggregator_cas=tuple(
                Certificate(crt=crt.encode()) for crt in aggregator.accepted
            ),
            service_account=PrivateKey(key=account.issuer.private_key.reveal().encode()),
            service_account_accepted_keys=tuple(
                PrivateKey(key=key.encode()) for key in account.accepted.public_keys
            ),
            issuer_url=account.issuer.issuer_url,
            accepted_issuers=account.accepted.issuers,
            api_audiences=account.accepted.audiences,
            bootstrap_token_id=token_id,
            bootstrap_token_secret=token.reveal(),
            etcd_encryption_config=encryption.config.value() if encryption else {},
        ),
    )
    yield Issuer.KUBERNETES.value, Authority(cert=ca.certificate, key=ca.key or Secret(""))
    yield (
        Issuer.AGGREGATOR.value,
        Authority(cert=aggregator.certificate, key=aggregator.key or Secret("")),
    )


def both(ca: ConfigAuthority) -> CertificateAndKey:
    key = ca.key.reveal() if ca.key else ""
    return CertificateAndKey(crt=ca.certificate.encode(), key=key.encode())


def names(config: Config, extra: tuple[str, ...]) -> tuple[str, ...]:
    """Give the host of the endpoint and what the configuration adds."""
    host = urlsplit(config.endpoint).hostname or ""
    return tuple(sorted({host, *config.cert_sans, *extra} - {""}))


def service_addresses(config: Config) -> tuple[str, ...]:
    """Give the first address of each service network: that of the service `kubernetes`."""
    return tuple(str(ip_network(cidr)[1]) for cidr in config.network.service_subnets)


kubernetes_root = Transform(
    name="secrets.KubernetesRoot",
    inputs=Inputs,
    outputs=[Out(KubernetesRootSecret), Out(Authority)],
    reconcile=reconcile,
)
