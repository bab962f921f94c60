"""kube-apiserver: its static pod.

    APIServerConfigs, KubernetesEtcd/Root secrets' versions ─► Pod kube-apiserver

Flags and what a user may do to them are those of the interface tables; the probes ask over HTTPS
without a certificate, so where anonymous requests are off they only see whether the port answers.
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
from ichor.formats.jsonvalue import Object, Value

NAME = "kube-apiserver"
SECRETS = "/system/secrets/kubernetes/kube-apiserver"
CONFIG = "/system/config/kubernetes/kube-apiserver"
AUDIT_LOG = "/var/log/audit/kube"
UID = 65534
ETCD_SERVERS = ("https://127.0.0.1:2379",)
ADVERTISED = "$(POD_IP)"


class Inputs(Struct, frozen=True, kw_only=True):
    """service_account_issuers: the first signs, the others are accepted."""

    image: str
    local_port: int = 6443
    etcd_servers: tuple[str, ...] = ETCD_SERVERS
    service_cidrs: tuple[str, ...]
    service_account_issuers: tuple[str, ...]
    api_audiences: tuple[str, ...] = ()
    extra_args: Mapping[str, Sequence[str]] = {}
    extra_volumes: tuple[ExtraVolume, ...] = ()
    environment: Mapping[str, str] = {}
    resources: Resources = Resources()
    startup_probes: bool = True
    authentication_config: bool = True
    external_cloud_provider: bool = False
    advertise: bool = True
    versions: Versions = Versions()


def render(inputs: Inputs) -> Object:
    """Give the Pod. Raises InputError for a user's flag that is ours."""
    args = command_line(_flags(inputs), inputs.extra_args, path="$.KubeAPIServerConfig.extraArgs")
    return render_pod(
        Component(
            name=NAME,
            image=inputs.image,
            command=(NAME, *args),
            uid=UID,
            capabilities=("NET_BIND_SERVICE",),
            directories=(
                Directory("secrets", SECRETS),
                Directory("config", CONFIG),
                Directory("audit", AUDIT_LOG, read_only=False),
            ),
            extra_volumes=inputs.extra_volumes,
            environment=inputs.environment,
            env_fields={"POD_IP": "status.podIP"},
            resources=with_defaults(inputs.resources, cpu="200m", memory="512Mi"),
            probes=_probes(inputs),
            versions=inputs.versions,
        )
    )


def _probes(inputs: Inputs) -> Mapping[str, Value]:
    def probe(path: str, **timing: int) -> Object:
        if not inputs.authentication_config:
            return {"tcpSocket": {"port": inputs.local_port}, "timeoutSeconds": 15, **timing}
        return http_probe(path, inputs.local_port, "", **timing)

    delay = 0 if inputs.startup_probes else 60
    probes: dict[str, Value] = {
        "livenessProbe": probe(
            "/livez", initialDelaySeconds=delay, periodSeconds=10, failureThreshold=8
        ),
        "readinessProbe": probe("/readyz", periodSeconds=5, failureThreshold=3),
    }
    if inputs.startup_probes:
        # Every second, five minutes: a start is seen at once, a slow machine is not cut short.
        probes["startupProbe"] = probe("/livez", periodSeconds=1, failureThreshold=300)
    return probes


def _flags(inputs: Inputs) -> Iterator[Flag]:
    yield from _serving(inputs)
    yield from _files()
    yield from _access(inputs)
    yield from _auditing()
    yield appended("enable-admission-plugins", "NodeRestriction")
    yield appended("feature-gates")
    yield replaceable("profiling", "false")
    yield replaceable("allow-privileged", "true")
    if inputs.external_cloud_provider:
        yield replaceable("cloud-provider", "external")


def _serving(inputs: Inputs) -> Iterator[Flag]:
    yield replaceable("bind-address", "0.0.0.0")  # noqa: S104 - it serves the cluster
    yield replaceable("secure-port", str(inputs.local_port))
    yield denied("tls-min-version", "VersionTLS13")
    yield denied("etcd-servers", ",".join(inputs.etcd_servers))
    yield replaceable("service-cluster-ip-range", ",".join(inputs.service_cidrs))
    yield replaceable("kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname")
    if inputs.advertise:
        yield replaceable("advertise-address", ADVERTISED)


def _files() -> Iterator[Flag]:
    for flag, file in {
        "client-ca-file": "ca.crt",
        "requestheader-client-ca-file": "aggregator-ca.crt",
        "proxy-client-cert-file": "front-proxy-client.crt",
        "proxy-client-key-file": "front-proxy-client.key",
        "encryption-provider-config": "encryptionconfig.yaml",
        "etcd-cafile": "etcd-client-ca.crt",
        "etcd-certfile": "etcd-client.crt",
        "etcd-keyfile": "etcd-client.key",
        "kubelet-client-certificate": "apiserver-kubelet-client.crt",
        "kubelet-client-key": "apiserver-kubelet-client.key",
        "service-account-key-file": "service-account.pub",
        "service-account-signing-key-file": "service-account.key",
        "tls-cert-file": "apiserver.crt",
        "tls-private-key-file": "apiserver.key",
    }.items():
        yield denied(flag, f"{SECRETS}/{file}")
    yield replaceable("admission-control-config-file", f"{CONFIG}/admission-control-config.yaml")


def _access(inputs: Inputs) -> Iterator[Flag]:
    yield replaceable("service-account-issuer", *inputs.service_account_issuers)
    audiences = inputs.api_audiences or inputs.service_account_issuers
    yield replaceable("api-audiences", ",".join(audiences))
    yield replaceable("enable-bootstrap-token-auth", "true")
    yield replaceable("requestheader-allowed-names", "front-proxy-client")
    yield replaceable("requestheader-extra-headers-prefix", "X-Remote-Extra-")
    yield replaceable("requestheader-group-headers", "X-Remote-Group")
    yield replaceable("requestheader-username-headers", "X-Remote-User")
    if inputs.authentication_config:
        yield denied("authentication-config", f"{CONFIG}/authentication-config.yaml")
    else:
        yield replaceable("anonymous-auth", "false")
    if _old_authorization(inputs.extra_args):
        yield appended("authorization-mode", "Node,RBAC")
        yield denied("authorization-config")
    else:
        yield denied("authorization-config", f"{CONFIG}/authorization-config.yaml")


def _old_authorization(users: Mapping[str, Sequence[str]]) -> bool:
    """Say whether the user authorises by flags, which excludes the configuration file."""
    return any(
        name == "authorization-mode" or name.startswith("authorization-webhook-") for name in users
    )


def _auditing() -> Iterator[Flag]:
    yield replaceable("audit-policy-file", f"{CONFIG}/auditpolicy.yaml")
    yield replaceable("audit-log-path", f"{AUDIT_LOG}/kube-apiserver.log")
    yield replaceable("audit-log-maxage", "30")
    yield replaceable("audit-log-maxbackup", "10")
    yield replaceable("audit-log-maxsize", "100")
