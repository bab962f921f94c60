"""Which old field is which new one: a table where a value only moves, functions where it turns.

MOVES     old path: kind, new path
SPECIAL   what takes more: lists of named things, certificates within base64, negations
imply     what old readers took for granted of a cluster, and documents say
KNOWN     fields of old parts that have no place here yet
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ichor.config.document import Identity
from ichor.config.lower_network import interfaces, time_servers
from ichor.config.lower_registries import mirrors, registries
from ichor.config.lowering import (
    Lowering,
    Path,
    fields,
    find,
    is_empty,
    is_true,
    items,
    scalar,
)
from ichor.config.versions import images
from ichor.formats.yaml.nodes import Fields, Items, Node, Scalar

_KUBELET = ("clusterDNS", "defaultRuntimeSeccompProfileEnabled", "extraArgs", "image")
_PROGRAM = ("env", "extraArgs", "image", "resources")
MOVES: Final[Mapping[str, tuple[str, str]]] = {
    **{f"machine.kubelet.{name}": ("KubeletConfig", name) for name in _KUBELET},
    "machine.kubelet.extraConfig": ("KubeletConfig", "config"),
    "machine.kubelet.nodeIP.validSubnets": ("KubeNodeConfig", "nodeIP.validSubnets"),
    "machine.nodeLabels": ("KubeNodeConfig", "labels"),
    "machine.nodeAnnotations": ("KubeNodeConfig", "annotations"),
    "machine.nodeTaints": ("KubeNodeConfig", "taints"),
    "machine.network.hostname": ("HostnameConfig", "hostname"),
    "machine.network.searchDomains": ("ResolverConfig", "searchDomains.domains"),
    "machine.network.disableSearchDomain": ("ResolverConfig", "searchDomains.disableDefault"),
    "machine.features.hostDNS": ("ResolverConfig", "hostDNS"),
    "machine.features.imageCache.localEnabled": ("ImageCacheConfig", "local.enabled"),
    "machine.time.bootTimeout": ("TimeSyncConfig", "bootTimeout"),
    "machine.env": ("EnvironmentConfig", "variables"),
    "machine.sysctls": ("SysctlConfig", "params"),
    "cluster.id": ("DiscoveryIdentityConfig", "clusterID"),
    "cluster.secret": ("DiscoveryIdentityConfig", "clusterSecret"),
    "cluster.clusterName": ("KubeClusterConfig", "clusterName"),
    "cluster.controlPlane.endpoint": ("KubeClusterConfig", "endpoint"),
    "cluster.controlPlane.localAPIServerPort": ("KubeAPIServerConfig", "apiPort"),
    **{
        f"cluster.network.{name}": ("KubeNetworkConfig", name)
        for name in ("dnsDomain", "podSubnets", "serviceSubnets")
    },
    **{f"cluster.apiServer.{name}": ("KubeAPIServerConfig", name) for name in _PROGRAM},
    "cluster.apiServer.certSANs": ("KubeAPIServerConfig", "certExtraSANs"),
    "cluster.apiServer.auditPolicy": ("KubeAuditPolicyConfig", "configuration"),
    **{
        f"cluster.controllerManager.{name}": ("KubeControllerManagerConfig", name)
        for name in _PROGRAM
    },
    **{f"cluster.scheduler.{name}": ("KubeSchedulerConfig", name) for name in _PROGRAM},
    "cluster.scheduler.config": ("KubeSchedulerConfig", "config"),
    **{f"cluster.proxy.{name}": ("KubeProxyConfig", name) for name in ("image", "mode")},
    "cluster.proxy.extraArgs": ("KubeProxyConfig", "extraArgs"),
    "cluster.coreDNS.image": ("KubeCoreDNSConfig", "image"),
}
NEGATED: Final[Mapping[str, str]] = {
    "machine.controlPlane.controllerManager.disabled": "KubeControllerManagerConfig",
    "machine.controlPlane.scheduler.disabled": "KubeSchedulerConfig",
    "machine.time.disabled": "TimeSyncConfig",
    "cluster.proxy.disabled": "KubeProxyConfig",
    "cluster.coreDNS.disabled": "KubeCoreDNSConfig",
}
ROLE: Final = "node-role.kubernetes.io/control-plane"
ENDPOINT: Final = "https://discovery.talos.dev/"
# What the functions below take, and what becomes of it, for people.
BECOMES: Final[Mapping[str, str]] = {
    **{old: f"{kind} `enabled`, the other way round" for old, kind in NEGATED.items()},
    "machine.kubelet.disableManifestsDirectory": "always so; static pods are KubeStaticPodConfig",
    "machine.network.nameservers": "ResolverConfig `nameservers[].address`",
    "machine.network.extraHostEntries": "StaticHostConfig",
    "machine.network.interfaces": "LinkConfig and the kinds beside it, by what an interface has",
    "machine.time.servers": "TimeSyncConfig `ntp.servers`, devices `ptp.devices`",
    "machine.pods": "KubeStaticPodConfig",
    "machine.registries.mirrors": "RegistryMirrorConfig",
    "machine.registries.config": "RegistryAuthConfig and RegistryTLSConfig",
    "machine.features.stableHostname": "HostnameConfig `auto: stable`",
    "machine.features.kubePrism": "KubePrismConfig",
    **{
        f"machine.systemDiskEncryption.{volume}": f"VolumeConfig {volume.upper()} `encryption`"
        for volume in ("state", "ephemeral")
    },
    "cluster.ca": "KubeAPIServerCAConfig",
    "cluster.acceptedCAs": "KubeAPIServerCAConfig `acceptedCAs`",
    "cluster.aggregatorCA": "KubeAggregatorCAConfig",
    "cluster.serviceAccount.key": "KubeServiceAccountConfig `issuer.privateKey`",
    "cluster.secretboxEncryptionSecret": "KubeEtcdEncryptionConfig",
    "cluster.aescbcEncryptionSecret": "KubeEtcdEncryptionConfig",
    "cluster.apiServer.admissionControl": "KubeAdmissionControlConfig",
    "cluster.apiServer.disablePodSecurityPolicy": "nothing: Kubernetes has none any more",
    "cluster.network.cni.name": "KubeFlannelCNIConfig if `flannel`",
    "cluster.discovery.enabled": "DiscoveryServiceConfig",
    "cluster.discovery.registries.service.disabled": "no DiscoveryServiceConfig",
    "cluster.discovery.registries.service.endpoint": "DiscoveryServiceConfig `endpoint`",
    "cluster.discovery.registries.kubernetes.disabled": "always so",
    "cluster.inlineManifests": "KubeInlineManifestConfig",
    "cluster.allowSchedulingOnControlPlanes": "KubeNodeConfig without the taint",
    "cluster.allowSchedulingOnMasters": "KubeNodeConfig without the taint",
}
TAKEN: Final = tuple(BECOMES)
_VOLUMES = frozenset({"extraVolumes"})
KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "machine.kubelet": frozenset(
        {"extraMounts", "credentialProviderConfig", "registerWithFQDN", "skipNodeRegistration"}
        | {"disableManifestsDirectory"}
    ),
    "machine.network": frozenset({"kubespan"}),
    "cluster.network.cni": frozenset({"urls", "flannel"}),
    "cluster.apiServer": _VOLUMES | {"authorizationConfig"},
    "cluster.controllerManager": _VOLUMES,
    "cluster.scheduler": _VOLUMES,
}


def _prefixes() -> Iterator[Path]:
    for old in (*MOVES, *TAKEN):
        path = tuple(old.split("."))
        for length in range(2, len(path)):
            if path[:length] != ("machine", "features"):
                yield path[:length]


CONTAINERS: Final = frozenset(_prefixes())


def below(container: Path) -> Iterator[Path]:
    """Yield the fields of an old part that have a place."""
    for old in (*MOVES, *TAKEN):
        path = tuple(old.split("."))
        if path[: len(container)] == container:
            yield path[: len(container) + 1]


def negations(work: Lowering) -> None:
    for old, kind in NEGATED.items():
        node = work.take(old, kind)
        if node is not None:
            enabled = "false" if is_true(node) else "true"
            work.put(kind, "enabled", scalar(enabled, node.line, plain=True))


def hostname(work: Lowering) -> None:
    """A name that is given wins over one that is made."""
    stable = work.take("machine.features.stableHostname", "HostnameConfig")
    if work.has("HostnameConfig", "hostname"):
        work.removed[Identity("HostnameConfig")] = [("auto",)]
    elif stable is not None and is_true(stable):
        work.put("HostnameConfig", "auto", scalar("stable", stable.line))


def resolvers(work: Lowering) -> None:
    node = work.take("machine.network.nameservers", "ResolverConfig")
    if isinstance(node, Items):
        servers = (fields(one.line, address=one) for one in node.items)
        work.put("ResolverConfig", "nameservers", items(node.line, *servers))


def kubeprism(work: Lowering) -> None:
    node = work.take("machine.features.kubePrism", "KubePrismConfig")
    if node is not None and is_true(find(node, ("enabled",))):
        port = find(node, ("port",)) or scalar("7445", node.line, plain=True)
        work.put("KubePrismConfig", "port", port)


def manifests_directory(work: Lowering) -> None:
    """Static pods come from documents: nothing is read from a directory unless it is asked for."""
    old = "machine.kubelet.disableManifestsDirectory"
    node = work.take(old, "KubeStaticPodConfig")
    if node is not None and not is_true(node):
        message = "false is known, not supported yet"
        work.fail(node, tuple(old.split(".")), message, "static pods are KubeStaticPodConfig")


def access(work: Lowering) -> None:
    """Access to the machine's API from pods may be said to be off."""
    path = ("machine", "features", "kubernetesTalosAPIAccess")
    node = find(work.main, path)
    if node is not None and not is_true(find(node, ("enabled",))):
        work.drop(path)


def named(old: str, kind: str, parts: Mapping[str, str]) -> Callable[[Lowering], None]:
    """Make each item of a list a document; parts: old name: new name, the first is its name."""
    key, *_ = parts

    def lower(work: Lowering) -> None:
        node = work.take(old, kind)
        for one in node.items if isinstance(node, Items) else ():
            name = find(one, (key,))
            if not isinstance(name, Scalar) or not isinstance(one, Fields):
                work.fail(one, tuple(old.split(".")), f"expected a map with {key}")
                continue
            for entry in one.entries:
                if entry.key in parts and entry.key != key:
                    work.put(kind, parts[entry.key], entry.value, name.text)
                elif entry.key != key:
                    work.fail(entry.value, (*old.split("."), entry.key), "unknown field")

    return lower


def pods(work: Lowering) -> None:
    node = work.take("machine.pods", "KubeStaticPodConfig")
    for one in node.items if isinstance(node, Items) else ():
        name = find(one, ("metadata", "name"))
        if isinstance(name, Scalar):
            work.put("KubeStaticPodConfig", "pod", one, name.text)
        else:
            work.fail(one, ("machine", "pods"), "expected a Pod with metadata.name")


def authorities(work: Lowering) -> None:
    for old, kind in (("ca", "KubeAPIServerCAConfig"), ("aggregatorCA", "KubeAggregatorCAConfig")):
        node = work.take(f"cluster.{old}", kind)
        cert, key = find(node, ("crt",)), find(node, ("key",))
        if cert is None:
            continue
        cert = work.text64(cert, f"cluster.{old}.crt")
        if key is None or is_empty(key):
            work.put(kind, "acceptedCAs", items(cert.line, cert))
        else:
            key = work.text64(key, f"cluster.{old}.key")
            work.put(kind, "issuingCA", fields(cert.line, cert=cert, key=key))
    node = work.take("cluster.acceptedCAs", "KubeAPIServerCAConfig")
    if isinstance(node, Items):
        certs = [find(one, ("crt",)) or one for one in node.items]
        texts = (work.text64(one, "cluster.acceptedCAs.crt") for one in certs)
        work.put("KubeAPIServerCAConfig", "acceptedCAs", items(node.line, *texts))


def service_account(work: Lowering) -> None:
    key = work.take("cluster.serviceAccount.key", "KubeServiceAccountConfig")
    if key is not None:
        text = work.text64(key, "cluster.serviceAccount.key")
        work.put("KubeServiceAccountConfig", "issuer.privateKey", text)


def encryption(work: Lowering) -> None:
    """Give the providers in their order; identity is added wherever the document is read."""
    providers: list[Node] = []
    for old, provider, name in (("secretbox", "secretbox", "key2"), ("aescbc", "aescbc", "key1")):
        secret = work.take(f"cluster.{old}EncryptionSecret", "KubeEtcdEncryptionConfig")
        if secret is not None and not is_empty(secret):
            key = fields(secret.line, name=scalar(name, secret.line), secret=secret)
            keys = fields(secret.line, keys=items(secret.line, key))
            providers.append(fields(secret.line, **{provider: keys}))
    if providers:
        line = providers[0].line
        resources = items(line, scalar("secrets", line))
        row = fields(line, resources=resources, providers=items(line, *providers))
        work.put("KubeEtcdEncryptionConfig", "config.resources", items(line, row))


def disk_encryption(work: Lowering) -> None:
    """Give each volume what was said of it: the fields have the same names."""
    for volume in ("state", "ephemeral"):
        node = work.take(f"machine.systemDiskEncryption.{volume}", "VolumeConfig")
        if node is not None:
            work.put("VolumeConfig", "encryption", node, volume.upper())


def discovery(work: Lowering) -> None:
    """Name the service where one is asked for; `kubernetes` as a registry there is none."""
    line = work.whole.line
    enabled = work.take("cluster.discovery.enabled", "DiscoveryServiceConfig")
    registries = "cluster.discovery.registries"
    off = work.take(f"{registries}.service.disabled", "DiscoveryServiceConfig")
    endpoint = work.take(f"{registries}.service.endpoint", "DiscoveryServiceConfig")
    if is_true(enabled) and not is_true(off):
        node = endpoint or scalar(ENDPOINT, enabled.line if enabled else line)
        work.put("DiscoveryServiceConfig", "endpoint", node, "default")
    kubernetes = work.take(f"{registries}.kubernetes.disabled")
    if kubernetes is not None and not is_true(kubernetes):
        path = tuple(f"{registries}.kubernetes.disabled".split("."))
        work.fail(kubernetes, path, "false is known, not supported yet", "write true")


def pod_network(work: Lowering) -> None:
    name = work.take("cluster.network.cni.name", "KubeFlannelCNIConfig")
    if isinstance(name, Scalar) and name.text == "flannel" and is_control_plane(work):
        work.put("KubeFlannelCNIConfig", "backendType", scalar("vxlan", name.line))


def pod_security(work: Lowering) -> None:
    """Pod security policies are gone from Kubernetes: what says that they are off says nothing."""
    work.take("cluster.apiServer.disablePodSecurityPolicy")


def scheduling(work: Lowering) -> None:
    """Taint a control plane, as old readers did, unless pods are to run there."""
    line = work.whole.line
    allowed = [
        work.take(f"cluster.allowSchedulingOn{where}", "KubeNodeConfig")
        for where in ("ControlPlanes", "Masters")
    ]
    may_run = next((one for one in allowed if is_true(one)), None)
    if may_run is not None and find(work.given("KubeNodeConfig"), ("taints", ROLE)) is not None:
        path = ("cluster", "allowSchedulingOnControlPlanes")
        work.fail(may_run, path, f"KubeNodeConfig has the taint {ROLE}", "remove one of them")
    if work.is_part and may_run is not None:
        work.put("KubeNodeConfig", "", may_run)
        work.removed[Identity("KubeNodeConfig")] = [("taints", ROLE)]
    elif work.is_part and any(one is not None for one in allowed):
        _add(work, "taints", ROLE, scalar("NoSchedule", line))
    if is_control_plane(work) and work.is_implied("KubeNodeConfig"):
        _add(work, "labels", ROLE, scalar("", line))
        if may_run is None:
            _add(work, "taints", ROLE, scalar("NoSchedule", line))


def _add(work: Lowering, new: str, key: str, node: Scalar) -> None:
    """Add an entry to a map of KubeNodeConfig; the map may have been moved as it was."""
    held = work.taken("KubeNodeConfig", new)
    entries = {one.key: one.value for one in held.entries} if isinstance(held, Fields) else {}
    work.put("KubeNodeConfig", new, fields(node.line, **{key: node, **entries}))


def is_control_plane(work: Lowering) -> bool:
    kind = find(work.whole, ("machine", "type"))
    return isinstance(kind, Scalar) and kind.text in ("controlplane", "init")


SPECIAL: Final[tuple[Callable[[Lowering], None], ...]] = (
    negations,
    hostname,
    resolvers,
    interfaces,
    time_servers,
    kubeprism,
    manifests_directory,
    access,
    named(
        "machine.network.extraHostEntries",
        "StaticHostConfig",
        {"ip": "name", "aliases": "hostnames"},
    ),
    mirrors,
    registries,
    pods,
    authorities,
    service_account,
    encryption,
    disk_encryption,
    named(
        "cluster.apiServer.admissionControl",
        "KubeAdmissionControlConfig",
        {"name": "name", "configuration": "configuration"},
    ),
    pod_security,
    discovery,
    pod_network,
    named(
        "cluster.inlineManifests",
        "KubeInlineManifestConfig",
        {"name": "name", "contents": "manifest"},
    ),
    scheduling,
)


def imply(work: Lowering) -> None:
    """Write what an old cluster has without saying so."""
    line = work.whole.line
    programs = images()
    empty = fields(line)
    work.imply("KubeNodeConfig", "nodeIP", empty)
    work.imply("KubeletConfig", "image", scalar(programs.kubelet, line))
    for name, network in (("podSubnets", "10.244.0.0/16"), ("serviceSubnets", "10.96.0.0/12")):
        work.imply("KubeNetworkConfig", name, items(line, scalar(network, line)))
    if not is_control_plane(work):
        return
    for kind, program in (
        ("KubeAPIServerConfig", programs.apiserver),
        ("KubeControllerManagerConfig", programs.controller_manager),
        ("KubeSchedulerConfig", programs.scheduler),
        ("KubeProxyConfig", programs.proxy),
    ):
        work.imply(kind, "image", scalar(program, line))
    work.imply("KubeCoreDNSConfig", "enabled", scalar("true", line, plain=True))
    endpoint = find(work.whole, ("cluster", "controlPlane", "endpoint"))
    if endpoint is not None:
        work.imply("KubeServiceAccountConfig", "issuer.issuerURL", endpoint)
    if find(work.whole, ("cluster", "network", "cni", "name")) is None:
        work.imply("KubeFlannelCNIConfig", "backendType", scalar("vxlan", line))
