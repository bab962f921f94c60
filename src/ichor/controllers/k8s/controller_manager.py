"""kube-controller-manager: its static pod.

ControllerManagerConfigs, KubernetesRoot secrets' version ─► Pod kube-controller-manager
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from ichor.controllers.k8s.static_pod import (
    Component,
    Directory,
    ExtraVolume,
    Resources,
    Versions,
    http_probe,
    with_defaults,
)
from ichor.controllers.k8s.static_pod import (
    render as render_pod,
)
from ichor.formats.flags import Flag, appended, command_line, denied, replaceable
from ichor.formats.jsonvalue import Object

NAME = "kube-controller-manager"
SECRETS = "/system/secrets/kubernetes/kube-controller-manager"
UID = 65535
MASK_IPV4, MASK_IPV6 = 24, 64
PORT = 10257


class Inputs(Struct, frozen=True, kw_only=True):
    image: str
    pod_cidrs: tuple[str, ...]
    service_cidrs: tuple[str, ...]
    node_cidr_mask_ipv4: int = MASK_IPV4
    node_cidr_mask_ipv6: int = MASK_IPV6
    extra_args: Mapping[str, Sequence[str]] = {}
    extra_volumes: tuple[ExtraVolume, ...] = ()
    environment: Mapping[str, str] = {}
    resources: Resources = Resources()
    external_cloud_provider: bool = False
    versions: Versions = Versions()


def render(inputs: Inputs) -> Object:
    """Give the Pod. Raises InputError for a user's flag that is ours."""
    path = "$.KubeControllerManagerConfig.extraArgs"
    args = command_line(_flags(inputs), inputs.extra_args, path=path)
    return render_pod(
        Component(
            name=NAME,
            image=inputs.image,
            command=(NAME, *args),
            uid=UID,
            directories=(Directory("secrets", SECRETS),),
            extra_volumes=inputs.extra_volumes,
            environment=inputs.environment,
            resources=with_defaults(inputs.resources, cpu="50m", memory="256Mi"),
            probes={
                "livenessProbe": _probe(periodSeconds=10, failureThreshold=8),
                "readinessProbe": _probe(periodSeconds=10, failureThreshold=3),
                "startupProbe": _probe(periodSeconds=1, failureThreshold=300),
            },
            versions=inputs.versions,
        )
    )


def _probe(**timing: int) -> Object:
    return http_probe("/healthz", PORT, "127.0.0.1", **timing)


def _flags(inputs: Inputs) -> Iterator[Flag]:
    yield replaceable("bind-address", "127.0.0.1")
    yield replaceable("leader-elect", "true")
    yield replaceable("profiling", "false")
    yield replaceable("tls-min-version", "VersionTLS13")
    yield replaceable("use-service-account-credentials", "true")
    yield replaceable("terminated-pod-gc-threshold", "100")
    yield appended("controllers", "*")
    if inputs.external_cloud_provider:
        yield replaceable("cloud-provider", "external")
    yield from _secrets()
    yield from _addresses(inputs)


def _secrets() -> Iterator[Flag]:
    yield denied("cluster-signing-cert-file", f"{SECRETS}/ca.crt")
    yield denied("cluster-signing-key-file", f"{SECRETS}/ca.key")
    yield denied("root-ca-file", f"{SECRETS}/ca.crt")
    yield denied("service-account-private-key-file", f"{SECRETS}/service-account.key")
    yield replaceable("kubeconfig", f"{SECRETS}/kubeconfig")
    yield denied("authentication-kubeconfig", f"{SECRETS}/kubeconfig")
    yield denied("authorization-kubeconfig", f"{SECRETS}/kubeconfig")


def _addresses(inputs: Inputs) -> Iterator[Flag]:
    yield replaceable("allocate-node-cidrs", "true")
    yield replaceable("configure-cloud-routes", "false")
    yield replaceable("cluster-cidr", ",".join(inputs.pod_cidrs))
    yield appended("service-cluster-ip-range", ",".join(inputs.service_cidrs))
    if any(":" not in cidr for cidr in inputs.pod_cidrs):
        yield replaceable("node-cidr-mask-size-ipv4", str(inputs.node_cidr_mask_ipv4))
    if any(":" in cidr for cidr in inputs.pod_cidrs):
        yield replaceable("node-cidr-mask-size-ipv6", str(inputs.node_cidr_mask_ipv6))
