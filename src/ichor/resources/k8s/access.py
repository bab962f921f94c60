"""Access from pods to the machine API."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec


class KubernetesAccessConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="KubernetesAccessConfigs.cluster.talos.dev",
        namespace="config",
        aliases=("kubernetesaccessconfig", "kac", "kacs"),
    )
    enabled: bool = False
    allowed_api_roles: tuple[str, ...] = field(default=(), name="allowedAPIRoles")
    allowed_kubernetes_namespaces: tuple[str, ...] = ()
