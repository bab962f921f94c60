"""etcd on this node: what is wanted, what runs, who it is among the members."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, OmitEmpty, Part


class ArgValues(Part, frozen=True, kw_only=True):
    values: tuple[str, ...] = ()


class EtcdConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="EtcdConfigs.etcd.talos.dev",
        namespace="etcd",
        aliases=("etcdconfig", "ec", "ecs"),
        columns={"Image": "{.image}"},
    )
    advertise_valid_subnets: OmitEmpty[tuple[str, ...]] = ()
    advertise_exclude_subnets: tuple[str, ...] = ()
    listen_valid_subnets: OmitEmpty[tuple[str, ...]] = ()
    listen_exclude_subnets: tuple[str, ...] = ()
    image: str = ""
    extra_args: Mapping[str, ArgValues] = {}


class EtcdSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="EtcdSpecs.etcd.talos.dev",
        namespace="etcd",
        aliases=("etcdspec", "es"),
        columns={
            "Name": "{.name}",
            "AdvertisedAddresses": "{.advertisedAddresses}",
            "ListenPeerAddresses": "{.listenPeerAddresses}",
            "ListenClientAddresses": "{.listenClientAddresses}",
        },
    )
    name: str = ""
    advertised_addresses: tuple[Address, ...] = ()
    listen_peer_addresses: tuple[Address, ...] = ()
    listen_client_addresses: tuple[Address, ...] = ()
    image: str = ""
    extra_args: Mapping[str, ArgValues] = {}


class EtcdMember(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="EtcdMembers.etcd.talos.dev",
        namespace="etcd",
        aliases=("etcdmember", "em", "ems"),
        columns={"Member ID": "{.memberID}"},
    )
    member_id: str = field(default="", name="memberID")


class PKIStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="PKIStatuses.etcd.talos.dev",
        namespace="etcd",
        aliases=("pkistatus", "pkis"),
        columns={"Ready": "{.ready}", "Secrets Version": "{.version}"},
    )
    ready: bool = False
    version: str = ""
