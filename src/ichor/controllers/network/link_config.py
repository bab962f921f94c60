"""LinkConfig: links that the configuration offers, and whose ports others are.

    network/ActiveConfig ─► network-config/LinkSpec "configuration/<link>"

A link may be spoken of by several documents: its own, and those of what it is a port of.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.config.container import Config
from ichor.config.documents.link import (
    DummyLinkConfig,
    LinkConfig,
    LinkDocument,
    VethConfig,
    VLANConfig,
    VRFConfig,
)
from ichor.config.documents.link_group import BondConfig, BridgeConfig
from ichor.config.documents.wireguard import WireguardConfig
from ichor.controllers.network.link_parts import bond, bridge, wireguard
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import Layer
from ichor.resources.network.link import VLAN, BridgeSlave, LinkSpec, Veth, VRFMaster, VRFSlave
from ichor.resources.network.link_kinds import VLANProtocol

_NO_TYPE = "nohdr"  # ARPHRD_NONE


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("network", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    found: dict[str, LinkSpec] = {}
    if inputs.config is not None:
        for document in links(inputs.config.value):
            found.update((spec.name, spec) for spec in described(document))
        for document in links(inputs.config.value):
            for place, name in enumerate(ports(document)):
                found[name] = enslaved(document, place, found.get(name) or present(name))
    for name, spec in found.items():
        yield Output(id=f"configuration/{name}", spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def links(config: Config) -> Iterator[LinkDocument]:
    return (one for one in config.documents if isinstance(one, LinkDocument))


def described(document: LinkDocument) -> Iterator[LinkSpec]:
    """Give what a document says of its own link; of a veth there are two ends."""
    made = common(document)
    match document:
        case DummyLinkConfig(hardware_addr=mac):
            yield replace(made, kind="dummy", hardware_addr=mac or "")
        case VLANConfig(vlan_id=id, vlan_mode=mode, parent=parent):
            vlan = VLAN(vlan_id=id, vlan_protocol=VLANProtocol.named(mode))
            yield replace(made, kind="vlan", parent_name=parent, vlan=vlan)
        case BondConfig(hardware_addr=mac):
            yield replace(made, kind="bond", hardware_addr=mac or "", bond_master=bond(document))
        case BridgeConfig(hardware_addr=mac):
            master = bridge(document)
            yield replace(made, kind="bridge", hardware_addr=mac or "", bridge_master=master)
        case VRFConfig(hardware_addr=mac, table=table):
            vrf = VRFMaster(table=table)
            yield replace(made, kind="vrf", hardware_addr=mac or "", vrf_master=vrf)
        case WireguardConfig():
            told = wireguard(document)
            yield replace(made, kind="wireguard", type=_NO_TYPE, wireguard=told)
        case VethConfig(name=name, peer=peer):
            yield replace(made, kind="veth", veth=Veth(peer_name=peer.name))
            yield replace(common(peer), logical=True, kind="veth", veth=Veth(peer_name=name))
        case _:
            yield made


def common(document: LinkDocument) -> LinkSpec:
    return replace(
        present(document.name),
        logical=not isinstance(document, LinkConfig),
        up=document.up is not False,
        mtu=document.mtu or 0,
        multicast=bool(document.multicast),
    )


def present(name: str) -> LinkSpec:
    """Give a link that is there by itself, and up."""
    return LinkSpec(name=name, up=True, type="ether", layer=Layer.CONFIGURATION)


def ports(document: LinkDocument) -> tuple[str, ...]:
    return document.links if isinstance(document, BondConfig | BridgeConfig | VRFConfig) else ()


def enslaved(document: LinkDocument, place: int, port: LinkSpec) -> LinkSpec:
    name = document.name
    match document:
        case BridgeConfig():
            return replace(port, bridge_slave=BridgeSlave(master_name=name))
        case VRFConfig():
            return replace(port, vrf_slave=VRFSlave(master_name=name))
        case _:
            return replace(port, master_name=name, slave_index=place)


link_config = Transform(
    name="network.LinkConfig",
    inputs=Inputs,
    outputs=[Out(LinkSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
