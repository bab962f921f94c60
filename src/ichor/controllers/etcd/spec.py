"""Spec: which etcd runs here.

    config/ActiveConfig                 ─► etcd/EtcdConfig "etcd"
    etcd/EtcdConfig, hostname, addresses ─► etcd/EtcdSpec "etcd"

It listens on every address and advertises the node's routed ones within the configured subnets.
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_interface, ip_network
from typing import Annotated

from msgspec import Struct

from ichor.config.versions import image
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.etcd.ids import CONFIG_ID, SPEC_ID
from ichor.resources.etcd.member import ArgValues, EtcdConfig, EtcdSpec
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID, NODE_ADDRESS_ROUTED_ID
from ichor.resources.network.node_address import NodeAddress

ANY = ("0.0.0.0",)  # noqa: S104 - members and API servers call it; it asks for a certificate


class ConfigInputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def config(inputs: ConfigInputs) -> Iterator[tuple[str, EtcdConfig]]:
    value = inputs.config.value
    etcd = value.main.cluster.etcd if value.main else None
    if etcd is None or not value.is_control_plane:
        return
    excluded = [subnet[1:] for subnet in etcd.advertised_subnets if subnet.startswith("!")]
    valid = [subnet for subnet in etcd.advertised_subnets if not subnet.startswith("!")]
    yield (
        CONFIG_ID,
        EtcdConfig(
            advertise_valid_subnets=tuple(valid),
            advertise_exclude_subnets=tuple(excluded),
            listen_valid_subnets=etcd.listen_subnets,
            image=etcd.image or image("etcd", value.image_source),
            extra_args={name: values(given) for name, given in etcd.extra_args.items()},
        ),
    )


def values(given: str | Sequence[str]) -> ArgValues:
    return ArgValues(values=(given,) if isinstance(given, str) else tuple(given))


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[EtcdConfig, Get("etcd", CONFIG_ID)]
    hostname: Annotated[HostnameStatus, Get("network", HOSTNAME_ID)]
    addresses: Annotated[NodeAddress, Get("network", NODE_ADDRESS_ROUTED_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, EtcdSpec]]:
    own = [str(ip_interface(prefix).ip) for prefix in inputs.addresses.addresses]
    config = inputs.config
    valid, excluded = config.advertise_valid_subnets, config.advertise_exclude_subnets
    advertised = [
        address
        for address in own
        if (not valid or within(address, valid)) and not within(address, excluded)
    ]
    listening = [address for address in own if within(address, config.listen_valid_subnets)]
    if advertised:
        yield (
            SPEC_ID,
            EtcdSpec(
                name=inputs.hostname.hostname,
                advertised_addresses=tuple(advertised),
                listen_peer_addresses=tuple(listening) or ANY,
                listen_client_addresses=(*listening, "127.0.0.1") if listening else ANY,
                image=config.image,
                extra_args=config.extra_args,
            ),
        )


def within(address: str, subnets: Sequence[str]) -> bool:
    return any(ip_interface(address).ip in ip_network(subnet) for subnet in subnets)


etcd_config = Transform(
    name="etcd.Config", inputs=ConfigInputs, outputs=[Out(EtcdConfig)], reconcile=config
)
etcd_spec = Transform(name="etcd.Spec", inputs=Inputs, outputs=[Out(EtcdSpec)], reconcile=reconcile)
