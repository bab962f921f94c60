"""What the three control plane pods have in common.

    Component (image, command line, probes, directories) ─► Pod

Host network, uid of its own, no capability but those named, read-only root, RuntimeDefault
seccomp, highest priority. Secrets and configuration are directories of the host mounted at the
same path, so a flag reads the same inside and outside.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ichor.formats.jsonvalue import Object, Value

NAMESPACE = "kube-system"
PRIORITY = 2_000_000_000


class Resources(Struct, frozen=True, kw_only=True):
    """Requests and limits in Kubernetes' own notation."""

    requests: Mapping[str, str] = {}
    limits: Mapping[str, str] = {}


class ExtraVolume(Struct, frozen=True, kw_only=True):
    name: str
    host_path: str
    mount_path: str
    read_only: bool = False


class Directory(Struct, frozen=True):
    """A directory of the host, mounted at the same path."""

    name: str
    path: str
    read_only: bool = True


class Versions(Struct, frozen=True, kw_only=True):
    """Versions of what the pod was made of: when one changes, the kubelet replaces the pod."""

    config: str = ""
    secrets: str = ""
    config_file: str = ""


class Component(Struct, frozen=True, kw_only=True):
    name: str
    image: str
    command: tuple[str, ...]
    uid: int
    capabilities: tuple[str, ...] = ()
    directories: tuple[Directory, ...] = ()
    extra_volumes: tuple[ExtraVolume, ...] = ()
    environment: Mapping[str, str] = {}
    env_fields: Mapping[str, str] = {}
    resources: Resources
    probes: Mapping[str, Value] = {}
    versions: Versions = Versions()


def render(component: Component) -> Object:
    """Give the Pod of a control plane component."""
    name = component.name
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {"tier": "control-plane", "k8s-app": name, "component": name},
            "annotations": _annotations(component.versions),
        },
        "spec": {
            "containers": [_container(component)],
            "hostNetwork": True,
            "priority": PRIORITY,
            "priorityClassName": "system-cluster-critical",
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": component.uid,
                "runAsGroup": component.uid,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "volumes": _volumes(component),
        },
    }


def with_defaults(given: Resources, *, cpu: str, memory: str) -> Resources:
    """Fill in the requests that are not given; limits have no default."""
    requests = {"cpu": cpu, "memory": memory} | dict(given.requests)
    return Resources(requests=requests, limits=given.limits)


def http_probe(path: str, port: int, host: str, **timing: int) -> Object:
    """Probe by HTTPS from the node; the kubelet does not verify the certificate."""
    target: dict[str, Value] = {"path": path, "port": port, "scheme": "HTTPS"}
    if host:
        target["host"] = host
    return {"httpGet": target, "timeoutSeconds": 15, **timing}


def _container(component: Component) -> Object:
    resources: dict[str, Value] = {"requests": dict(component.resources.requests)}
    if component.resources.limits:
        resources["limits"] = dict(component.resources.limits)
    capabilities: dict[str, Value] = {"drop": ["ALL"]}
    if component.capabilities:
        capabilities["add"] = component.capabilities
    return {
        "name": component.name,
        "image": component.image,
        "command": component.command,
        "env": _environment(component),
        "resources": resources,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": capabilities,
            "readOnlyRootFilesystem": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": _mounts(component),
        **component.probes,
    }


def _environment(component: Component) -> Sequence[Object]:
    fields: list[Object] = [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for name, path in component.env_fields.items()
    ]
    given = sorted(component.environment.items())
    return [*fields, *({"name": name, "value": value} for name, value in given)]


def _mounts(component: Component) -> Sequence[Object]:
    ours: list[Object] = [
        {"name": item.name, "mountPath": item.path, "readOnly": item.read_only}
        for item in component.directories
    ]
    theirs: list[Object] = [
        {"name": item.name, "mountPath": item.mount_path, "readOnly": item.read_only}
        for item in component.extra_volumes
    ]
    return [*ours, *theirs]


def _volumes(component: Component) -> Sequence[Object]:
    ours: list[Object] = [
        # No type: the kubelet would look for the directory itself, and it does not see secrets.
        {"name": item.name, "hostPath": {"path": item.path}}
        for item in component.directories
    ]
    theirs: list[Object] = [
        {"name": item.name, "hostPath": {"path": item.host_path}}
        for item in component.extra_volumes
    ]
    return [*ours, *theirs]


def _annotations(versions: Versions) -> Object:
    named = {
        "talos.dev/config-version": versions.config,
        "talos.dev/secrets-version": versions.secrets,
        "talos.dev/config-file-version": versions.config_file,
    }
    return {key: value for key, value in named.items() if value}
