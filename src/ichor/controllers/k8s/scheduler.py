"""kube-scheduler: its static pod and its configuration file.

SchedulerConfigs, KubernetesRoot secrets' version ─► Pod kube-scheduler, scheduler-config.yaml
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
from ichor.errors import InputError
from ichor.formats.flags import Flag, command_line, denied, replaceable
from ichor.formats.jsonvalue import Object, merge, text

NAME = "kube-scheduler"
SECRETS = "/system/secrets/kubernetes/kube-scheduler"
CONFIG = "/system/config/kubernetes/kube-scheduler"
UID = 65536
PORT = 10259


class Inputs(Struct, frozen=True, kw_only=True):
    """config: the user's part of the KubeSchedulerConfiguration."""

    image: str
    config: Object = {}
    extra_args: Mapping[str, Sequence[str]] = {}
    extra_volumes: tuple[ExtraVolume, ...] = ()
    environment: Mapping[str, str] = {}
    resources: Resources = Resources()
    versions: Versions = Versions()


def render(inputs: Inputs) -> Object:
    """Give the Pod. Raises InputError for a user's flag that is ours."""
    args = command_line(_flags(), inputs.extra_args, path="$.KubeSchedulerConfig.extraArgs")
    return render_pod(
        Component(
            name=NAME,
            image=inputs.image,
            command=(NAME, *args),
            uid=UID,
            directories=(Directory("secrets", SECRETS), Directory("config", CONFIG)),
            extra_volumes=inputs.extra_volumes,
            environment=inputs.environment,
            resources=with_defaults(inputs.resources, cpu="10m", memory="64Mi"),
            probes={
                "livenessProbe": _probe("/livez", periodSeconds=10, failureThreshold=8),
                "readinessProbe": _probe("/readyz", periodSeconds=10, failureThreshold=3),
                "startupProbe": _probe("/livez", periodSeconds=1, failureThreshold=300),
            },
            versions=inputs.versions,
        )
    )


def config_file(users: Object) -> Object:
    """Give the KubeSchedulerConfiguration. Raises InputError if the kubeconfig is set."""
    if text(users, "clientConnection", "kubeconfig"):
        raise InputError(
            "the scheduler's kubeconfig is set by the system",
            path="$.KubeSchedulerConfig.config.clientConnection.kubeconfig",
            hint="remove it",
        )
    kind: Object = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
    }
    connection: Object = {"clientConnection": {"kubeconfig": f"{SECRETS}/kubeconfig"}}
    return merge(merge(kind, users), connection)


def _probe(path: str, **timing: int) -> Object:
    return http_probe(path, PORT, "127.0.0.1", **timing)


def _flags() -> Iterator[Flag]:
    yield denied("config", f"{CONFIG}/scheduler-config.yaml")
    yield replaceable("authentication-tolerate-lookup-failure", "false")
    yield denied("authentication-kubeconfig", f"{SECRETS}/kubeconfig")
    yield denied("authorization-kubeconfig", f"{SECRETS}/kubeconfig")
    yield replaceable("bind-address", "127.0.0.1")
    yield replaceable("leader-elect", "true")
    yield replaceable("profiling", "false")
    yield replaceable("tls-min-version", "VersionTLS13")
    yield denied("kubeconfig")
