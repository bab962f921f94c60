"""The kubelet's configuration file.

    KubeletConfigs, static pod server, host facts ─► KubeletConfiguration

| policy | the user's value |
|---|---|
| protected | is refused |
| set | is overwritten: only the node knows it |
| default | wins; systemReserved is replaced as a whole |
| merged | registerWithTaints: ours and theirs |

What is ours beyond the interface tables, with the reason: makeIPTablesUtilChains is off because no
iptables is in the image (kube-proxy runs in nftables mode); volumePluginDir is below /var because
its own default is on the read-only root; httpCheckFrequency is 1 s because static pods that come
after the kubelet would wait for the 20 s of its default; failCgroupV1 is off where the host has
nothing else.
"""

from collections.abc import Mapping, Sequence
from ipaddress import ip_network

from msgspec import Struct

from ichor.errors import InputError
from ichor.formats.jsonvalue import Object, Value, at, merge, objs

_PATH = "$.KubeletConfig.config"
_TAINTS_FLAG = "register-with-taints"


class Inputs(Struct, frozen=True, kw_only=True):
    """taints: key -> `value:Effect` or `Effect`. restrict_oom: no right to lower a score.

    static_pod_url: empty if there is no static pod server.
    """

    config: Object = {}
    extra_args: Mapping[str, Sequence[str]] = {}
    cluster_dns: tuple[str, ...]
    cluster_domain: str = "cluster.local"
    static_pod_url: str = ""
    disable_manifests_directory: bool = False
    skip_node_registration: bool = False
    seccomp_default: bool = True
    quota_monitoring: bool = False
    taints: Mapping[str, str] = {}
    control_plane: bool = False
    cgroup_root: str = "/"
    cgroup_v1: bool = False
    protect_kernel_defaults: bool = True
    restrict_oom: bool = False


def render(inputs: Inputs) -> Object:
    """Give the KubeletConfiguration. Raises InputError where the user set what is protected."""
    protected = _protected(inputs)
    _refuse(protected, inputs.config, _PATH)
    config: dict[str, Value] = dict(merge(_defaults(inputs), inputs.config))
    if "systemReserved" in inputs.config:
        config["systemReserved"] = inputs.config["systemReserved"]
    taints = _taints(inputs)
    if taints:
        config["registerWithTaints"] = taints
    return merge(merge(config, protected), _set(inputs))


def dns_addresses(service_cidrs: Sequence[str]) -> tuple[str, ...]:
    """Give the tenth address of each service network, where the cluster's DNS service lives."""
    return tuple(str(ip_network(cidr)[10]) for cidr in service_cidrs)


def _refuse(protected: Object, users: Object, path: str) -> None:
    for key, value in protected.items():
        if key not in users:
            continue
        given = users[key]
        if isinstance(value, Mapping) and isinstance(given, Mapping):
            _refuse(value, given, f"{path}.{key}")
        elif given != value:
            raise InputError(
                "this field is set by the system", path=f"{path}.{key}", hint="remove it"
            )


def _protected(inputs: Inputs) -> Object:
    registers = not inputs.skip_node_registration
    config: dict[str, Value] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "staticPodPath": "" if inputs.disable_manifests_directory else "/etc/kubernetes/manifests",
        "port": 10250,
        "authentication": {
            "x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"},
            "webhook": {"enabled": registers},
            "anonymous": {"enabled": False},
        },
        "authorization": {"mode": "Webhook" if registers else "AlwaysAllow"},
        "cgroupRoot": inputs.cgroup_root,
        "systemCgroups": "/system",
        "kubeletCgroups": "/podruntime/kubelet",
        "rotateCertificates": True,
        "protectKernelDefaults": inputs.protect_kernel_defaults,
        "resolvConf": "/system/resolved/resolv.conf",
    }
    if inputs.seccomp_default:
        config["seccompDefault"] = True
    return config


def _set(inputs: Inputs) -> Object:
    config: dict[str, Value] = {
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock"
    }
    if inputs.static_pod_url:
        config["staticPodURL"] = inputs.static_pod_url
    if inputs.restrict_oom:
        config["oomScoreAdj"] = 0
    return config


def _defaults(inputs: Inputs) -> Object:
    config: dict[str, Value] = {
        "address": "0.0.0.0",  # noqa: S104 - the API server calls it
        "oomScoreAdj": -450,
        "clusterDomain": inputs.cluster_domain,
        "clusterDNS": inputs.cluster_dns,
        "serializeImagePulls": False,
        "failSwapOn": False,
        "systemReserved": {
            "cpu": "50m",
            "pid": "100",
            "ephemeral-storage": "256Mi",
            "memory": "512Mi" if inputs.control_plane else "384Mi",
        },
        "logging": {"format": "json"},
        "shutdownGracePeriod": "30s",
        "shutdownGracePeriodCriticalPods": "10s",
        "streamingConnectionIdleTimeout": "5m",
        "tlsMinVersion": "VersionTLS13",
        "makeIPTablesUtilChains": False,
        "httpCheckFrequency": "1s",
        "volumePluginDir": "/var/lib/kubelet/volumeplugins",
    }
    if inputs.quota_monitoring:
        config["featureGates"] = {"LocalStorageCapacityIsolationFSQuotaMonitoring": True}
    if inputs.cgroup_v1:
        config["failCgroupV1"] = False
    return config


def _taints(inputs: Inputs) -> Sequence[Object]:
    given = list(objs(inputs.config, "registerWithTaints"))
    if _TAINTS_FLAG in inputs.extra_args:
        return given
    known = {(at(taint, "key"), at(taint, "effect")) for taint in given}
    ours = [_taint(key, text) for key, text in sorted(inputs.taints.items())]
    return [taint for taint in ours if (taint["key"], taint["effect"]) not in known] + given


def _taint(key: str, written: str) -> Object:
    value, colon, effect = written.rpartition(":")
    taint: dict[str, Value] = {"key": key, "effect": effect}
    if colon and value:
        taint["value"] = value
    return taint
