"""CoreDNS: the cluster's names.

    KubeCoreDNSConfig, DNS domain, service addresses ─► account, role, Corefile, Deployment, Service

Two pods, apart where they can be. As a user without root they bind port 53 because containerd
lets pods bind low ports (enable_unprivileged_ports); NET_BIND_SERVICE is still theirs, since the
upstream binary carries it as a file capability and is not executed without. Blocks of the
Corefile span lines, because the parser refuses `health { ... }` on one.
"""

from msgspec import Struct

from ichor.controllers.k8s import manifest_access as access
from ichor.formats.jsonvalue import Object

NAME = "coredns"
SERVICE = "kube-dns"
_LABELS: Object = {"k8s-app": SERVICE}
_SHOWN: Object = {"k8s-app": SERVICE, "kubernetes.io/name": "CoreDNS"}


class Inputs(Struct, frozen=True, kw_only=True):
    """service_ips: the service's addresses, one or one of each family."""

    image: str
    service_ips: tuple[str, ...]
    domain: str = "cluster.local"
    replicas: int = 2


def render(inputs: Inputs) -> tuple[Object, ...]:
    """Give everything but the Service."""
    rules: list[Object] = [
        {
            "apiGroups": [""],
            "resources": ["services", "pods", "namespaces"],
            "verbs": ["list", "watch"],
        },
        {
            "apiGroups": ["discovery.k8s.io"],
            "resources": ["endpointslices"],
            "verbs": ["list", "watch"],
        },
    ]
    name = "ichor:coredns"
    return (
        access.account(NAME),
        access.role(name, rules),
        access.binding(name, name, [access.account_subject(NAME)]),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": NAME, "namespace": access.NAMESPACE},
            "data": {"Corefile": corefile(inputs.domain)},
        },
        _deployment(inputs),
    )


def service(inputs: Inputs) -> Object:
    families = ["IPv6" if ":" in address else "IPv4" for address in inputs.service_ips]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": SERVICE,
            "namespace": access.NAMESPACE,
            "labels": {**_SHOWN, "kubernetes.io/cluster-service": "true"},
            "annotations": {"prometheus.io/port": "9153", "prometheus.io/scrape": "true"},
        },
        "spec": {
            "selector": _LABELS,
            "clusterIP": inputs.service_ips[0],
            "clusterIPs": list(inputs.service_ips),
            "ipFamilies": families,
            "ipFamilyPolicy": "RequireDualStack" if len(families) > 1 else "SingleStack",
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": "dns-tcp"},
                {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": "metrics"},
            ],
        },
    }


def corefile(domain: str) -> str:
    return "\n".join(
        (
            ".:53 {",
            "    errors",
            "    health {",
            "        lameduck 5s",
            "    }",
            "    ready",
            f"    kubernetes {domain} in-addr.arpa ip6.arpa {{",
            "        pods insecure",
            "        fallthrough in-addr.arpa ip6.arpa",
            "        ttl 30",
            "    }",
            "    prometheus :9153",
            "    forward . /etc/resolv.conf {",
            "        max_concurrent 1000",
            "    }",
            "    cache 30",
            "    loop",
            "    reload",
            "    loadbalance",
            "}",
            "",
        )
    )


def _deployment(inputs: Inputs) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": access.NAMESPACE, "labels": _SHOWN},
        "spec": {
            "replicas": inputs.replicas,
            "selector": {"matchLabels": _LABELS},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {"metadata": {"labels": _LABELS}, "spec": _pod(inputs)},
        },
    }


def _pod(inputs: Inputs) -> Object:
    apart: Object = {
        "weight": 100,
        "podAffinityTerm": {
            "labelSelector": {"matchLabels": _LABELS},
            "topologyKey": "kubernetes.io/hostname",
        },
    }
    return {
        "affinity": {
            "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [apart]}
        },
        "containers": [_container(inputs)],
        "dnsPolicy": "Default",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-cluster-critical",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "serviceAccountName": NAME,
        "tolerations": [
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
            {"key": "node.cloudprovider.kubernetes.io/uninitialized", "effect": "NoSchedule"},
        ],
        "volumes": [{"name": "config", "configMap": {"name": NAME}}],
    }


def _container(inputs: Inputs) -> Object:
    return {
        "name": NAME,
        "image": inputs.image,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"containerPort": 53, "name": "dns", "protocol": "UDP"},
            {"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"},
            {"containerPort": 9153, "name": "metrics", "protocol": "TCP"},
        ],
        "livenessProbe": _probe("/health", 8080, initialDelaySeconds=60, failureThreshold=5),
        "readinessProbe": _probe("/ready", 8181, periodSeconds=2, failureThreshold=15),
        "resources": {
            "limits": {"memory": "170Mi"},
            "requests": {"cpu": "100m", "memory": "70Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": True}],
    }


def _probe(path: str, port: int, **timing: int) -> Object:
    return {"httpGet": {"path": path, "port": port}, "timeoutSeconds": 5, **timing}
