"""A setting that is accepted is acted upon: nothing of a configuration is silently ignored.

A field counts as used when code outside the documents reads it: `.attribute` in a file that names
its document class, or in a getter of the container. Whoever adds a field adds what it does, or
puts it among the UNSUPPORTED of its class. PENDING only ever gets shorter.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ichor.config.codec import Base64, Checked, Codec, ListOf, MapOf
from ichor.config.registry import KINDS
from ichor.config.shape import StructOf, struct_of

SOURCES = Path(__file__).parents[2] / "src" / "ichor"
NOT_EFFECTS = {"generate.py", "validate.py", "diff.py", "keys.py", "bundle.py"}
# Accepted, read by nobody yet; each line goes when its controller comes.
PENDING = frozenset(
    {
        "DiscoveryIdentityConfig.cluster_id",
        "DiscoveryIdentityConfig.cluster_secret",
        "EnvironmentConfig.variables",
        "FilesystemTrimConfig.interval",
        "KubeAPIServerConfig.api_port",
        "KubeAPIServerConfig.cert_extra_sans",
        "KubeAPIServerConfig.env",
        "KubeAPIServerConfig.resources.limits",
        "KubeAPIServerConfig.resources.requests",
        "KubeAdmissionControlConfig.configuration",
        "KubeAuditPolicyConfig.configuration",
        "KubeAuthenticationConfig.configuration",
        "KubeAuthorizerConfig.webhook",
        "KubeControllerManagerConfig.enabled",
        "KubeControllerManagerConfig.env",
        "KubeControllerManagerConfig.resources.limits",
        "KubeControllerManagerConfig.resources.requests",
        "KubeCoreDNSConfig.enabled",
        "KubeFlannelCNIConfig.backend_mtu",
        "KubeFlannelCNIConfig.backend_port",
        "KubeInlineManifestConfig.manifest",
        "KubeNetworkConfig.dns_domain",
        "KubeNetworkConfig.node_cidr_mask_size_ipv4",
        "KubeNetworkConfig.node_cidr_mask_size_ipv6",
        "KubeNetworkConfig.service_subnets",
        "KubeNodeConfig.annotations",
        "KubeNodeConfig.labels",
        "KubeNodeConfig.node_ip.valid_subnets",
        "KubeNodeConfig.taints",
        "KubeProxyConfig.enabled",
        "KubeSchedulerConfig.enabled",
        "KubeSchedulerConfig.env",
        "KubeSchedulerConfig.resources.limits",
        "KubeSchedulerConfig.resources.requests",
        "KubeServiceAccountConfig.accepted.audiences",
        "KubeServiceAccountConfig.accepted.issuers",
        "KubeServiceAccountConfig.accepted.public_keys",
        "KubeServiceAccountConfig.issuer.issuer_url",
        "KubeServiceAccountConfig.issuer.private_key",
        "KubeStaticPodConfig.pod",
        "KubeletConfig.default_runtime_seccomp_profile_enabled",
        "ResolverConfig.host_dns.enabled",
        "ResolverConfig.host_dns.forward_kube_dns_to_host",
        "ResolverConfig.host_dns.resolve_member_names",
        "ResolverConfig.nameservers.address",
        "ResolverConfig.search_domains.disable_default",
        "ResolverConfig.search_domains.domains",
        "TrustedRootsConfig.certificates",
        "VolumeConfig.mount.secure",
        "v1alpha1.cluster.admin_kubeconfig.cert_lifetime",
        "v1alpha1.cluster.etcd.advertised_subnets",
        "v1alpha1.cluster.etcd.extra_args",
        "v1alpha1.cluster.etcd.image",
        "v1alpha1.cluster.etcd.listen_subnets",
        "v1alpha1.machine.features.disk_quota_support",
    }
)
# Read by nobody, and rightly so: the value can only be one, or says what is so anyway.
SETTLED = frozenset(
    {
        "v1alpha1.version",
        "v1alpha1.debug",
        "v1alpha1.persist",
        "v1alpha1.machine.features.rbac",
        "v1alpha1.machine.features.apid_check_ext_key_usage",
        "SecurityProfileConfig.workload_isolation",
        "ResolverConfig.nameservers.protocol",
        "KubeProxyConfig.mode",
        "KubeFlannelCNIConfig.backend_type",
    }
)


def bare(made: Codec) -> Codec:
    while isinstance(made, Checked | Base64 | ListOf | MapOf):
        made = made.inner
    return made


def leaves(shape: StructOf, above: str) -> Iterator[tuple[str, str]]:
    for member in shape.members.values():
        below, path = bare(member.codec), f"{above}.{member.attribute}"
        if isinstance(below, StructOf):
            yield from leaves(below, path)
        else:
            yield path, member.attribute


def readers() -> dict[Path, str]:
    return {
        path: path.read_text(encoding="utf-8")
        for path in SOURCES.rglob("*.py")
        if "proto" not in path.parts
        and "documents" not in path.parts
        and not (path.parent == SOURCES / "config" and path.name in NOT_EFFECTS)
    }


def unread() -> set[str]:
    files = readers()
    found: set[str] = set()
    for kind, cls in KINDS.items():
        near = [
            text
            for path, text in files.items()
            if path == SOURCES / "config" / "container.py"
            or cls.__name__ in text
            or "ichor.config.container" in text
        ]
        for path, attribute in leaves(struct_of(cls), kind):
            if not any(re.search(rf"\.{attribute}\b", text) for text in near):
                found.add(path)
    return found


def test_every_accepted_field_is_read_by_what_acts_on_it() -> None:
    assert unread() - PENDING - SETTLED == set()
