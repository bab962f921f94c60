"""`gen config`: the documents of a control plane and of a worker, from the secrets of a cluster.

The documents, fields and values are those existing tools generate (tests/facts/
generated_config.tsv), with two differences: workload isolation is written false until it exists,
and a discovery service is named only if the user gives one.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec import Struct

from ichor.config.bundle import SECRETBOX_KEY, Bundle
from ichor.config.container import Config
from ichor.config.document import Document
from ichor.config.documents import kube_aggregator_ca, kube_apiserver_ca
from ichor.config.documents.discovery_identity import DiscoveryIdentityConfig
from ichor.config.documents.discovery_service import DiscoveryServiceConfig
from ichor.config.documents.filesystem_trim import FilesystemTrimConfig
from ichor.config.documents.hostname import HostnameConfig
from ichor.config.documents.kube_admission_control import KubeAdmissionControlConfig
from ichor.config.documents.kube_apiserver import KubeAPIServerConfig
from ichor.config.documents.kube_audit_policy import KubeAuditPolicyConfig
from ichor.config.documents.kube_authentication import KubeAuthenticationConfig
from ichor.config.documents.kube_authorizer import KubeAuthorizerConfig
from ichor.config.documents.kube_cluster import KubeClusterConfig
from ichor.config.documents.kube_controller_manager import KubeControllerManagerConfig
from ichor.config.documents.kube_coredns import KubeCoreDNSConfig
from ichor.config.documents.kube_etcd_encryption import KubeEtcdEncryptionConfig
from ichor.config.documents.kube_flannel import KubeFlannelCNIConfig
from ichor.config.documents.kube_network import KubeNetworkConfig
from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.config.documents.kube_prism import KubePrismConfig
from ichor.config.documents.kube_proxy import KubeProxyConfig
from ichor.config.documents.kube_scheduler import KubeSchedulerConfig
from ichor.config.documents.kube_service_account import Issuer, KubeServiceAccountConfig
from ichor.config.documents.kubelet import KubeletConfig
from ichor.config.documents.resolver import HostDNS, ResolverConfig
from ichor.config.documents.security_profile import SecurityProfileConfig
from ichor.config.documents.v1alpha1 import (
    CertAndKey,
    Cluster,
    Etcd,
    Features,
    Machine,
    MachineType,
    MainConfig,
)
from ichor.config.documents.volume import VolumeConfig, VolumeMount
from ichor.config.secret import Object, Secret
from ichor.config.versions import Images, images
from ichor.formats.yaml.values import Value

KUBEPRISM_PORT: Final = 7445
TRIM_INTERVAL: Final = timedelta(days=7)
CONTROL_PLANE_ROLE: Final = "node-role.kubernetes.io/control-plane"
NO_EXTERNAL_BALANCER: Final = "node.kubernetes.io/exclude-from-external-load-balancers"


class Request(Struct, frozen=True, kw_only=True):
    """endpoint: https URL of the control plane. discovery: URL of a service, or empty for none."""

    cluster_name: str
    endpoint: str
    images: Images = images()
    dns_domain: str = "cluster.local"
    pod_subnets: tuple[str, ...] = ("10.244.0.0/16",)
    service_subnets: tuple[str, ...] = ("10.96.0.0/12",)
    additional_sans: tuple[str, ...] = ()
    discovery: str = ""


def control_plane(request: Request, bundle: Bundle) -> Config:
    main = _main(request, bundle, "controlplane")
    documents = (main, *_common(request, bundle, is_control_plane=True), *_plane(request, bundle))
    return Config(documents=documents)


def worker(request: Request, bundle: Bundle) -> Config:
    main = _main(request, bundle, "worker")
    trusted = kube_apiserver_ca.KubeAPIServerCAConfig(
        accepted_cas=(bundle.certs.kubernetes.crt,),
    )
    documents = (main, *_common(request, bundle, is_control_plane=False), trusted)
    return Config(documents=documents)


def _main(request: Request, bundle: Bundle, kind: MachineType) -> MainConfig:
    authority = bundle.certs.os
    is_worker = kind == "worker"
    return MainConfig(
        machine=Machine(
            type=kind,
            token=bundle.trustd.token,
            ca=CertAndKey(crt=authority.crt, key=Secret("")) if is_worker else authority,
            cert_sans=request.additional_sans,
            features=Features(disk_quota_support=True),
        ),
        cluster=Cluster(
            token=bundle.secrets.bootstrap,
            etcd=None if is_worker else Etcd(ca=bundle.certs.etcd),
        ),
    )


def _common(request: Request, bundle: Bundle, *, is_control_plane: bool) -> Iterator[Document]:
    if request.discovery:
        yield DiscoveryServiceConfig(name="default", endpoint=request.discovery)
    yield DiscoveryIdentityConfig(
        cluster_id=bundle.cluster.id, cluster_secret=bundle.cluster.secret
    )
    yield ResolverConfig(host_dns=HostDNS(enabled=True, forward_kube_dns_to_host=True))
    yield VolumeConfig(name="EPHEMERAL", mount=VolumeMount(secure=True))
    yield FilesystemTrimConfig(interval=TRIM_INTERVAL)
    yield SecurityProfileConfig(workload_isolation=False)
    yield HostnameConfig(auto="stable")
    yield KubeClusterConfig(cluster_name=request.cluster_name, endpoint=request.endpoint)
    yield _node(is_control_plane=is_control_plane)
    yield KubeletConfig(image=request.images.kubelet, default_runtime_seccomp_profile_enabled=True)
    yield KubeNetworkConfig(
        dns_domain=request.dns_domain,
        pod_subnets=request.pod_subnets,
        service_subnets=request.service_subnets,
    )
    yield KubePrismConfig(port=KUBEPRISM_PORT)


def _node(*, is_control_plane: bool) -> KubeNodeConfig:
    if not is_control_plane:
        return KubeNodeConfig()
    return KubeNodeConfig(
        labels={CONTROL_PLANE_ROLE: "", NO_EXTERNAL_BALANCER: ""},
        taints={CONTROL_PLANE_ROLE: "NoSchedule"},
    )


def _plane(request: Request, bundle: Bundle) -> Iterator[Document]:
    programs, certs = request.images, bundle.certs
    yield kube_apiserver_ca.KubeAPIServerCAConfig(
        issuing_ca=kube_apiserver_ca.IssuingCA(cert=certs.kubernetes.crt, key=certs.kubernetes.key)
    )
    yield kube_aggregator_ca.KubeAggregatorCAConfig(
        issuing_ca=kube_aggregator_ca.IssuingCA(cert=certs.aggregator.crt, key=certs.aggregator.key)
    )
    yield KubeAdmissionControlConfig(name="PodSecurity", configuration=Object(_pod_security()))
    yield KubeAuditPolicyConfig(configuration=Object(_audit_policy()))
    yield KubeAuthenticationConfig(configuration=Object(_authentication()))
    yield KubeAuthorizerConfig(name="node", type="Node")
    yield KubeAuthorizerConfig(name="rbac", type="RBAC")
    if bundle.secrets.secretbox or bundle.secrets.aescbc:
        yield KubeEtcdEncryptionConfig(config=Object(_encryption(bundle)))
    yield KubeServiceAccountConfig(
        issuer=Issuer(private_key=certs.service_account.key, issuer_url=request.endpoint)
    )
    yield KubeAPIServerConfig(image=programs.apiserver, cert_extra_sans=request.additional_sans)
    yield KubeControllerManagerConfig(image=programs.controller_manager)
    yield KubeSchedulerConfig(image=programs.scheduler)
    yield KubeProxyConfig(image=programs.proxy)
    yield KubeFlannelCNIConfig()
    yield KubeCoreDNSConfig()


def _pod_security() -> dict[str, Value]:
    return {
        "apiVersion": "pod-security.admission.config.k8s.io/v1alpha1",
        "kind": "PodSecurityConfiguration",
        "defaults": {
            "enforce": "baseline",
            "enforce-version": "latest",
            "audit": "restricted",
            "audit-version": "latest",
            "warn": "restricted",
            "warn-version": "latest",
        },
        "exemptions": {"namespaces": ["kube-system"], "runtimeClasses": [], "usernames": []},
    }


def _audit_policy() -> dict[str, Value]:
    rules: list[Value] = [{"level": "Metadata"}]
    return {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": rules}


def _authentication() -> dict[str, Value]:
    conditions: list[Value] = [{"path": path} for path in ("/livez", "/readyz", "/healthz")]
    return {"anonymous": {"enabled": True, "conditions": conditions}, "jwt": []}


def _encryption(bundle: Bundle) -> dict[str, Value]:
    """Write the one provider; an old bundle has AES-CBC instead of secretbox."""
    kind, name, secret = "secretbox", SECRETBOX_KEY, bundle.secrets.secretbox
    if not secret and bundle.secrets.aescbc:
        kind, name, secret = "aescbc", "key1", bundle.secrets.aescbc
    keys: list[Value] = [{"name": name, "secret": secret.reveal() if secret else ""}]
    providers: list[Value] = [{kind: {"keys": keys}}]
    return {"resources": [{"resources": ["secrets"], "providers": providers}]}
