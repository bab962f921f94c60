"""Machines that claim to belong to the cluster, and those that do."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.config.kinds import MachineKind
from ichor.resources.fields import Address, AddressPort, OmitEmpty, Part, Prefix


class KubeSpanAffiliate(Part, frozen=True, kw_only=True, rename="camel"):
    public_key: str = ""
    address: Address = ""
    additional_addresses: tuple[Prefix, ...] = ()
    endpoints: tuple[AddressPort, ...] = ()
    exclude_advertised_networks: tuple[Prefix, ...] = ()


class ControlPlane(Part, frozen=True, kw_only=True):
    port: int = 0


class Affiliate(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="Affiliates.cluster.talos.dev",
        namespace="cluster",
        aliases=("affiliate",),
        columns={
            "Hostname": "{.hostname}",
            "Machine Type": "{.machineType}",
            "Addresses": "{.addresses}",
        },
    )
    node_id: str = ""
    addresses: tuple[Address, ...] = ()
    hostname: str = ""
    nodename: OmitEmpty[str] = ""
    operating_system: str = ""
    machine_type: MachineKind = MachineKind.UNKNOWN
    kubespan: OmitEmpty[KubeSpanAffiliate | None] = None
    control_plane: OmitEmpty[ControlPlane | None] = None


class Member(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="Members.cluster.talos.dev",
        namespace="cluster",
        aliases=("member",),
        columns={
            "Hostname": "{.hostname}",
            "Machine Type": "{.machineType}",
            "OS": "{.operatingSystem}",
            "Addresses": "{.addresses}",
        },
    )
    node_id: str = ""
    addresses: tuple[Address, ...] = ()
    hostname: str = ""
    machine_type: MachineKind = MachineKind.UNKNOWN
    operating_system: str = ""
    control_plane: OmitEmpty[ControlPlane | None] = None
