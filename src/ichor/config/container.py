"""A decoded configuration: documents by kind and name, and getters that hide where things stand.

Readers ask for what they mean (`config.pod_subnets`), not for the document it happens to be in:
the format moves settings from the main document to kinds of their own, and only this file knows.
Where a document is missing a getter gives None or the default the format states.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import TypeVar

from msgspec import Struct

from ichor.config.document import Document, Identity, Named, identity
from ichor.config.documents.discovery_identity import DiscoveryIdentityConfig
from ichor.config.documents.discovery_service import DiscoveryServiceConfig
from ichor.config.documents.image_cache import ImageCacheConfig
from ichor.config.documents.kube_aggregator_ca import KubeAggregatorCAConfig
from ichor.config.documents.kube_apiserver_ca import KubeAPIServerCAConfig
from ichor.config.documents.kube_cluster import KubeClusterConfig
from ichor.config.documents.kube_network import KubeNetworkConfig
from ichor.config.documents.kube_prism import KubePrismConfig
from ichor.config.documents.kube_service_account import KubeServiceAccountConfig
from ichor.config.documents.kubelet import KubeletConfig
from ichor.config.documents.resolver import HostDNS, ResolverConfig
from ichor.config.documents.shared_address import Layer2VIPConfig
from ichor.config.documents.v1alpha1 import CertAndKey, MainConfig
from ichor.config.secret import Secret
from ichor.config.versions import LOCAL, Source

D = TypeVar("D", bound=Document)
N = TypeVar("N", bound=Named)


class Authority(Struct, frozen=True, kw_only=True):
    """A CA: certificate PEM, its key where this node has it, and all certificates to trust.

    accepted: the issuing certificate first; more while a CA is being rotated.
    """

    certificate: str
    key: Secret | None
    accepted: tuple[str, ...]


class Config(Struct, frozen=True, kw_only=True):
    """documents: in the order of the text; identities are unique.

    notes: which of them were written in an old form.
    """

    documents: tuple[Document, ...] = ()
    notes: tuple[str, ...] = ()

    def one(self, cls: type[D]) -> D | None:
        """Give the document of a kind that occurs once."""
        return next((d for d in self.documents if isinstance(d, cls)), None)

    def named(self, cls: type[N]) -> Mapping[str, N]:
        """Give the documents of a named kind, by name ascending."""
        found = {d.name: d for d in self.documents if isinstance(d, cls)}
        return dict(sorted(found.items()))

    def get(self, which: Identity) -> Document | None:
        return next((d for d in self.documents if identity(d) == which), None)

    @property
    def main(self) -> MainConfig | None:
        return self.one(MainConfig)

    @property
    def is_complete(self) -> bool:
        """Say whether a node can boot with it; without, it stays in maintenance mode."""
        return self.main is not None

    @property
    def is_control_plane(self) -> bool:
        return self.main is not None and self.main.machine.type != "worker"

    @property
    def machine_type(self) -> str:
        """Give `controlplane`, `worker`, or `unknown`; the old `init` is a control plane."""
        if self.main is None:
            return "unknown"
        return "worker" if self.main.machine.type == "worker" else "controlplane"

    @property
    def join_token(self) -> Secret | None:
        return self.main.machine.token if self.main else None

    @property
    def bootstrap_token(self) -> tuple[str, Secret] | None:
        """Give id and secret of the token with which kubelets introduce themselves."""
        if self.main is None:
            return None
        name, _, secret = self.main.cluster.token.reveal().partition(".")
        return name, Secret(secret)

    @property
    def os_ca(self) -> Authority | None:
        if self.main is None:
            return None
        machine = self.main.machine
        return _authority(machine.ca, tuple(ca.crt for ca in machine.accepted_cas))

    @property
    def etcd_ca(self) -> Authority | None:
        etcd = self.main.cluster.etcd if self.main else None
        return _authority(etcd.ca) if etcd else None

    @property
    def kubernetes_ca(self) -> Authority | None:
        return _authority_of(self.one(KubeAPIServerCAConfig))

    @property
    def aggregator_ca(self) -> Authority | None:
        return _authority_of(self.one(KubeAggregatorCAConfig))

    @property
    def service_account(self) -> KubeServiceAccountConfig | None:
        return self.one(KubeServiceAccountConfig)

    @property
    def cert_sans(self) -> tuple[str, ...]:
        """Give what certificates name besides; control planes share addresses, whoever has them."""
        given = self.main.machine.cert_sans if self.main else ()
        shared = (str(ip_address(address)) for address in self.named(Layer2VIPConfig))
        return tuple(dict.fromkeys((*given, *shared)))

    @property
    def has_kubernetes(self) -> bool:
        return self.one(KubeClusterConfig) is not None

    @property
    def cluster_name(self) -> str:
        cluster = self.one(KubeClusterConfig)
        return cluster.cluster_name if cluster else ""

    @property
    def endpoint(self) -> str:
        """Give the URL of the control plane, without a slash at its end; empty if none."""
        cluster = self.one(KubeClusterConfig)
        return cluster.endpoint.rstrip("/") if cluster else ""

    @property
    def network(self) -> KubeNetworkConfig:
        return self.one(KubeNetworkConfig) or KubeNetworkConfig(
            pod_subnets=("10.244.0.0/16",), service_subnets=("10.96.0.0/12",)
        )

    @property
    def host_dns(self) -> HostDNS:
        resolver = self.one(ResolverConfig)
        return resolver.host_dns if resolver else HostDNS()

    @property
    def kubeprism_port(self) -> int | None:
        prism = self.one(KubePrismConfig)
        return prism.port if prism else None

    @property
    def has_image_cache(self) -> bool:
        cache = self.one(ImageCacheConfig)
        return cache is not None and cache.local.enabled

    @property
    def image_source(self) -> Source:
        """Say whence an image comes that no document names: whence the kubelet's does."""
        kubelet = self.one(KubeletConfig)
        return "build" if kubelet is None or kubelet.image.startswith(f"{LOCAL}/") else "pull"

    @property
    def cluster_identity(self) -> DiscoveryIdentityConfig | None:
        return self.one(DiscoveryIdentityConfig)

    @property
    def discovery_endpoints(self) -> tuple[str, ...]:
        return tuple(d.endpoint for d in self.named(DiscoveryServiceConfig).values())


def _authority(ca: CertAndKey, accepted: tuple[str, ...] = ()) -> Authority:
    others = tuple(cert for cert in accepted if cert != ca.crt)
    return Authority(certificate=ca.crt, key=ca.key or None, accepted=(ca.crt, *others))


def _authority_of(
    document: KubeAPIServerCAConfig | KubeAggregatorCAConfig | None,
) -> Authority | None:
    if document is None:
        return None
    if document.issuing_ca is None:
        accepted = document.accepted_cas
        return Authority(certificate=accepted[0], key=None, accepted=accepted)
    own = document.issuing_ca.cert
    others = tuple(cert for cert in document.accepted_cas if cert != own)
    return Authority(certificate=own, key=document.issuing_ca.key, accepted=(own, *others))
