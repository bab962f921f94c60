"""Addresses by which the node is known, and how they are chosen."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Prefix
from ichor.resources.network.kinds import AddressSortAlgorithm


class NodeAddress(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="NodeAddresses.net.talos.dev",
        namespace="network",
        aliases=("nodeaddress", "na", "nas"),
        columns={"Addresses": "{.addresses}", "SortAlgorithm": "{.sortAlgorithm}"},
    )
    addresses: tuple[Prefix, ...] = ()
    sort_algorithm: AddressSortAlgorithm = AddressSortAlgorithm.V1


class NodeAddressFilter(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="NodeAddressFilters.net.talos.dev",
        namespace="network",
        aliases=("nodeaddressfilter", "naf", "nafs"),
        columns={"Include Subnets": "{.includeSubnets}", "Exclude Subnets": "{.excludeSubnets}"},
    )
    include_subnets: tuple[Prefix, ...] = ()
    exclude_subnets: tuple[Prefix, ...] = ()


class NodeAddressSortAlgorithm(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="NodeAddressSortAlgorithms.net.talos.dev",
        namespace="network",
        aliases=("nodeaddresssortalgorithm", "nasa", "nasas"),
        columns={"Algorithm": "{.algorithm}"},
    )
    algorithm: AddressSortAlgorithm = AddressSortAlgorithm.V1
