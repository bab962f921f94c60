"""kube-proxy: a pod on every node that turns services into nftables rules.

    KubeProxyConfig, pod networks ─► ServiceAccount, ClusterRoleBinding, ConfigMap, DaemonSet

Unset fields of its configuration are filled: nftables, the pod networks, no conntrack limits of
its own (nf_conntrack_max is read-only outside the first network namespace), our kubeconfig.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from msgspec import Struct

from ichor.controllers.k8s import manifest_access as access
from ichor.controllers.k8s.static_pod import Resources
from ichor.formats.flags import Flag, command_line, denied, replaceable
from ichor.formats.jsonvalue import Object, Value, canonical, merge

NAME = "kube-proxy"
KUBECONFIG = "/etc/kubernetes/kubeconfig"
_CONFIG = "/var/lib/kube-proxy"


class Inputs(Struct, frozen=True, kw_only=True):
    """config: the user's part of the KubeProxyConfiguration."""

    image: str
    pod_cidrs: tuple[str, ...]
    mode: str = "nftables"
    config: Object = {}
    extra_args: Mapping[str, Sequence[str]] = {}
    resources: Resources = Resources()
    restrict_oom: bool = False


def render(inputs: Inputs) -> tuple[Object, ...]:
    """Give kube-proxy's objects. Raises InputError for a user's flag that is ours."""
    written = canonical(configuration(inputs)).decode()
    return (
        access.account(NAME),
        access.binding("ichor:kube-proxy", "system:node-proxier", [access.account_subject(NAME)]),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": NAME, "namespace": access.NAMESPACE},
            "data": {"config.conf": written},
        },
        _daemon_set(inputs, sha256(written.encode()).hexdigest()),
    )


def configuration(inputs: Inputs) -> Object:
    """Give the KubeProxyConfiguration: what the user set, filled with what is missing."""
    defaults: dict[str, Value] = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": inputs.mode,
        "clusterCIDR": ",".join(inputs.pod_cidrs),
        "conntrack": {"maxPerCore": 0},
        "clientConnection": {"kubeconfig": KUBECONFIG},
    }
    if inputs.restrict_oom:
        defaults["oomScoreAdj"] = 0
    return merge(defaults, inputs.config)


def _flags() -> Iterator[Flag]:
    yield denied("config", f"{_CONFIG}/config.conf")
    yield replaceable("hostname-override", "$(NODE_NAME)")


def _daemon_set(inputs: Inputs, checksum: str) -> Object:
    labels: Object = {"tier": "node", "k8s-app": NAME}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": NAME, "namespace": access.NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {
                # Another configuration is another template, so the pods are replaced.
                "metadata": {"labels": labels, "annotations": {"ichor.dev/config": checksum}},
                "spec": _pod(inputs),
            },
        },
    }


def _pod(inputs: Inputs) -> Object:
    return {
        "containers": [_container(inputs)],
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "serviceAccountName": NAME,
        "tolerations": [
            {"effect": "NoSchedule", "operator": "Exists"},
            {"effect": "NoExecute", "operator": "Exists"},
        ],
        "volumes": [
            {"name": "config", "configMap": {"name": NAME}},
            {"name": "kubeconfig", "configMap": {"name": access.IN_CLUSTER}},
        ],
    }


def _container(inputs: Inputs) -> Object:
    args = command_line(_flags(), inputs.extra_args, path="$.KubeProxyConfig.extraArgs")
    resources: dict[str, Value] = {}
    if inputs.resources.requests:
        resources["requests"] = dict(inputs.resources.requests)
    if inputs.resources.limits:
        resources["limits"] = dict(inputs.resources.limits)
    node: Object = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    return {
        "name": NAME,
        "image": inputs.image,
        "command": [NAME, *args],
        "env": [node],
        "resources": resources,
        # It writes to /proc/sys/net, which only a privileged container finds writable.
        "securityContext": {"privileged": True, "readOnlyRootFilesystem": True},
        "volumeMounts": [
            {"name": "config", "mountPath": _CONFIG, "readOnly": True},
            {"name": "kubeconfig", "mountPath": "/etc/kubernetes", "readOnly": True},
        ],
    }
