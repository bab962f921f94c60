"""The files kube-apiserver reads from its configuration directory.

    admission plugins, audit policy, authorizers, authentication, encryption ─► file name: object

The objects are written as JSON, which is YAML. Encryption goes to the secrets directory instead,
because it holds keys.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from ichor.formats.jsonvalue import Object, Value


class Plugin(Struct, frozen=True, kw_only=True):
    """An admission plugin and its configuration."""

    name: str
    configuration: Object


class Authorizer(Struct, frozen=True, kw_only=True):
    """An authorizer in order of asking; webhook only for type Webhook."""

    name: str
    type: str
    webhook: Object = {}


POD_SECURITY = Plugin(
    name="PodSecurity",
    configuration={
        "apiVersion": "pod-security.admission.config.k8s.io/v1",
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
    },
)
NODE = Authorizer(name="node", type="Node")
RBAC = Authorizer(name="rbac", type="RBAC")
AUDIT: Object = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "rules": [{"level": "Metadata"}],
}


class Inputs(Struct, frozen=True, kw_only=True):
    """authentication: the document's configuration; None if there is no such document."""

    admission: tuple[Plugin, ...] = (POD_SECURITY,)
    audit_policy: Object = field(default_factory=lambda: AUDIT)
    authorizers: tuple[Authorizer, ...] = (NODE, RBAC)
    authentication: Object | None = None


def render(inputs: Inputs) -> Mapping[str, Object]:
    """Give the files of the configuration directory by name."""
    files: dict[str, Object] = {
        "admission-control-config.yaml": _admission(inputs.admission),
        "auditpolicy.yaml": inputs.audit_policy,
        "authorization-config.yaml": _authorization(inputs.authorizers),
    }
    if inputs.authentication is not None:
        head: Object = {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "AuthenticationConfiguration",
        }
        files["authentication-config.yaml"] = {**head, **inputs.authentication}
    return files


def encryption(config: Object) -> Object:
    """Give the EncryptionConfiguration of a KubeEtcdEncryptionConfig document's content.

    Identity is always last, so that what was written before encryption began stays readable.
    """
    resources = config.get("resources")
    rows = resources if isinstance(resources, Sequence) and not isinstance(resources, str) else ()
    head: Object = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
    }
    return {
        **head,
        **config,
        "resources": [_with_identity(row) for row in rows if isinstance(row, Mapping)],
    }


def old_encryption(*, secretbox: str = "", aescbc: str = "") -> Object:
    """Give the EncryptionConfiguration of the old cluster.* secrets (base64 keys)."""
    providers: list[Value] = []
    if secretbox:
        providers.append({"secretbox": {"keys": [{"name": "key2", "secret": secretbox}]}})
    if aescbc:
        providers.append({"aescbc": {"keys": [{"name": "key1", "secret": aescbc}]}})
    return encryption({"resources": [{"resources": ["secrets"], "providers": providers}]})


def _with_identity(row: Object) -> Object:
    providers = row.get("providers")
    given = providers if isinstance(providers, Sequence) and not isinstance(providers, str) else ()
    has = any(isinstance(item, Mapping) and "identity" in item for item in given)
    return {**row, "providers": [*given] if has else [*given, {"identity": {}}]}


def _admission(plugins: Sequence[Plugin]) -> Object:
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [
            {"name": plugin.name, "configuration": plugin.configuration} for plugin in plugins
        ],
    }


def _authorization(authorizers: Sequence[Authorizer]) -> Object:
    rows: list[Value] = []
    for one in authorizers:
        row: dict[str, Value] = {"type": one.type, "name": one.name}
        if one.webhook:
            row["webhook"] = one.webhook
        rows.append(row)
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthorizationConfiguration",
        "authorizers": rows,
    }
