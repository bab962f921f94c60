"""Who may do what in a new cluster: the join of kubelets, nodes, pods on the host network.

A kubelet shows the bootstrap token, is a member of `system:bootstrappers:nodes`, asks for a client
certificate, and kube-controller-manager signs it because of the bindings here; from then on it is
`system:node:<name>` of `system:nodes` and renews by itself (kubernetes.io/docs, TLS bootstrapping).
"""

from collections.abc import Sequence

from msgspec import Struct

from ichor.formats.jsonvalue import Object, encode

NAMESPACE = "kube-system"
BOOTSTRAPPERS = "system:bootstrappers:nodes"
NODES = "system:nodes"
IN_CLUSTER = "kubeconfig-in-cluster"
_SIGNING = "system:certificates.k8s.io:certificatesigningrequests"
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class Token(Struct, frozen=True, kw_only=True):
    """A bootstrap token: id of 6 and secret of 16 lower-case alphanumerics."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"Token(id={self.id!r})"


def token_secret(token: Token) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"bootstrap-token-{token.id}", "namespace": NAMESPACE},
        "type": "bootstrap.kubernetes.io/token",
        "stringData": {
            "token-id": token.id,
            "token-secret": token.secret,
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": BOOTSTRAPPERS,
        },
    }


def node_bootstrap() -> Object:
    return binding("ichor:kubelet-bootstrap", "system:node-bootstrapper", [group(BOOTSTRAPPERS)])


def csr_approver() -> Object:
    role = f"{_SIGNING}:nodeclient"
    return binding("ichor:csr-approve-bootstrap", role, [group(BOOTSTRAPPERS)])


def csr_renewal() -> Object:
    return binding("ichor:csr-approve-renewal", f"{_SIGNING}:selfnodeclient", [group(NODES)])


def node_access() -> tuple[Object, ...]:
    """Let nodes read all Nodes and the API's endpoints.

    The node authorizer shows a kubelet its own Node only (since 1.32); machined, which speaks with
    the same certificate, programs routes to the pod networks of all.
    """
    rules: Sequence[Object] = [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
        {
            "apiGroups": ["discovery.k8s.io"],
            "resources": ["endpointslices"],
            "verbs": ["get", "list", "watch"],
        },
    ]
    name = "ichor:node"
    return role(name, rules), binding(name, name, [group(NODES)])


def kubeconfig_in_cluster(server: str) -> Object:
    """Give a kubeconfig that uses the service account of the pod it is mounted into."""
    cluster: Object = {"server": server, "certificate-authority": f"{_ACCOUNT}/ca.crt"}
    kubeconfig: Object = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": cluster}],
        "users": [{"name": "service-account", "user": {"tokenFile": f"{_ACCOUNT}/token"}}],
        "contexts": [
            {"name": "default", "context": {"cluster": "local", "user": "service-account"}}
        ],
        "current-context": "default",
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": IN_CLUSTER, "namespace": NAMESPACE},
        "data": {"kubeconfig": encode(kubeconfig).decode()},
    }


def service_account_crd() -> Object:
    """Define `serviceaccounts.talos.dev`: a pod's access to the machine API."""
    schema: Object = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {"roles": {"type": "array", "items": {"type": "string"}}},
            },
            "status": {"type": "object", "properties": {"failureReason": {"type": "string"}}},
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "serviceaccounts.talos.dev"},
        "spec": {
            "group": "talos.dev",
            "scope": "Namespaced",
            "names": {
                "kind": "ServiceAccount",
                "listKind": "ServiceAccountList",
                "plural": "serviceaccounts",
                "singular": "serviceaccount",
                "shortNames": ["tsa"],
            },
            "versions": [
                {
                    "name": "v1alpha1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def account(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": NAMESPACE},
    }


def role(name: str, rules: Sequence[Object]) -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }


def binding(name: str, role_name: str, subjects: Sequence[Object]) -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": role_name,
        },
        "subjects": subjects,
    }


def group(name: str) -> Object:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": name}


def account_subject(name: str) -> Object:
    return {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}
