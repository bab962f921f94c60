"""The node as Kubernetes knows it: name, addresses, labels, taints."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, OmitEmpty, Prefix


class Nodename(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="Nodenames.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("nodename",),
        columns={"Nodename": "{.nodename}"},
    )
    nodename: str = ""
    hostname_version: str = ""
    skip_node_registration: bool = False


class NodeIP(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="NodeIPs.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("nodeip", "nip", "nips"),
    )
    addresses: tuple[Address, ...] = ()


class NodeIPConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="NodeIPConfigs.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("nodeipconfig", "nipc", "nipcs"),
    )
    valid_subnets: OmitEmpty[tuple[str, ...]] = ()
    exclude_subnets: tuple[str, ...] = ()


class NodeStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="NodeStatuses.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("nodestatus", "ns"),
        columns={"Ready": "{.nodeReady}", "Unschedulable": "{.unschedulable}"},
    )
    nodename: str = ""
    node_ready: bool = False
    unschedulable: bool = False
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    pod_cidrs: tuple[Prefix, ...] = field(default=(), name="podCIDRs")


class NodeAnnotationSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="NodeAnnotationSpecs.k8s.talos.dev",
        namespace="k8s",
        aliases=("nodeannotationspec", "nas"),
        columns={"Value": "{.value}"},
        sensitive=True,
    )
    key: str = ""
    value: str = ""


class NodeCordonedSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="NodeCordonedSpecs.k8s.talos.dev",
        namespace="k8s",
        aliases=("nodecordonedspec", "ncs"),
        sensitive=True,
    )


class NodeLabelSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="NodeLabelSpecs.k8s.talos.dev",
        namespace="k8s",
        aliases=("nodelabelspec", "nls"),
        columns={"Value": "{.value}"},
        sensitive=True,
    )
    key: str = ""
    value: str = ""


class NodeTaintSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="NodeTaintSpecs.k8s.talos.dev",
        namespace="k8s",
        aliases=("nodetaintspec", "nts"),
        columns={"Effect": "{.effect}", "Value": "{.value}"},
        sensitive=True,
    )
    key: str = ""
    effect: str = ""
    value: str = ""
