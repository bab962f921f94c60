"""The Nodes of the cluster, as far as this node's network and status need them."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, Part, Prefix


class KubeTaint(Part, frozen=True, kw_only=True):
    key: str
    value: str = ""
    effect: str = ""


class KubeNode(Spec, frozen=True, kw_only=True, rename="camel"):
    """One Node object; its id is its name. addresses: those of type InternalIP."""

    definition: ClassVar[Definition] = Definition(
        type="KubeNodes.ichor.dev",
        namespace="k8s",
        aliases=("kubenode", "kubenodes"),
        columns={
            "Ready": "{.ready}",
            "Pod CIDRs": "{.podCIDRs}",
            "Addresses": "{.addresses}",
        },
    )
    pod_cidrs: tuple[Prefix, ...] = field(default=(), name="podCIDRs")
    addresses: tuple[Address, ...] = ()
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    taints: tuple[KubeTaint, ...] = ()
    ready: bool = False
    unschedulable: bool = False
