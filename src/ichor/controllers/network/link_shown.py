"""Kinds of links: what the kernel has -> what a LinkStatus shows of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple, TypeVar

from ichor.controllers.network.link_kind import table_name
from ichor.ports.network import Bond, Bridge, Dummy, Kind, Veth, Vlan, Vrf, Vxlan, Wireguard
from ichor.resources.fields import Word
from ichor.resources.network import link as specs
from ichor.resources.network.link_kinds import (
    ADLACPActive,
    ADSelect,
    ARPAllTargets,
    ARPValidate,
    BondMode,
    BondXmitHashPolicy,
    FailOverMAC,
    LACPRate,
    PrimaryReselect,
    VLANProtocol,
)

W = TypeVar("W", bound=Word)


class Shown(NamedTuple):
    """The parts of a LinkStatus that are about its kind."""

    kind: str = ""
    vlan: specs.VLAN | None = None
    bond_master: specs.BondMaster | None = None
    bridge_master: specs.BridgeMaster | None = None
    vrf_master: specs.VRFMaster | None = None
    wireguard: specs.Wireguard | None = None
    veth: specs.Veth | None = None


def shown(kind: Kind | None, indices: Mapping[str, int]) -> Shown:
    name = type(kind).__name__.lower() if kind is not None else ""
    match kind:
        case Bond():
            return Shown(name, bond_master=shown_bond(kind, indices))
        case Bridge(stp=stp, vlan_filtering=filtering):
            vlan = specs.BridgeVLAN(filtering_enabled=filtering)
            master = specs.BridgeMaster(stp=specs.STP(enabled=stp), vlan=vlan)
            return Shown(name, bridge_master=master)
        case Vlan(id=id, protocol=protocol):
            part = specs.VLAN(vlan_id=id, vlan_protocol=_word(VLANProtocol, protocol))
            return Shown(name, vlan=part)
        case Vrf(table=table):
            return Shown(name, vrf_master=specs.VRFMaster(table=table_name(table)))
        case Veth(peer=peer):
            return Shown(name, veth=specs.Veth(peer_name=peer))
        case Wireguard():
            return Shown(name, wireguard=shown_wireguard(kind))
        case Dummy() | Vxlan() | None:
            return Shown(name)


def shown_bond(kind: Bond, indices: Mapping[str, int]) -> specs.BondMaster:
    return specs.BondMaster(
        mode=_word(BondMode, kind.mode),
        xmit_hash_policy=_word(BondXmitHashPolicy, kind.xmit_hash_policy),
        lacp_rate=_word(LACPRate, kind.lacp_rate),
        arp_validate=_word(ARPValidate, kind.arp_validate),
        arp_all_targets=_word(ARPAllTargets, kind.arp_all_targets),
        primary=kind.primary,
        primary_index=indices.get(kind.primary, 0),
        primary_reselect=_word(PrimaryReselect, kind.primary_reselect),
        fail_over_mac=_word(FailOverMAC, kind.fail_over_mac),
        ad_select=_word(ADSelect, kind.ad_select),
        miimon=kind.miimon,
        updelay=kind.updelay,
        downdelay=kind.downdelay,
        arp_interval=kind.arp_interval,
        resend_igmp=kind.resend_igmp,
        min_links=kind.min_links,
        lp_interval=kind.lp_interval,
        packets_per_slave=kind.packets_per_slave,
        num_peer_notif=kind.num_peer_notif,
        tlb_logical_lb=kind.tlb_dynamic_lb,
        all_slaves_active=kind.all_slaves_active,
        use_carrier=bool(kind.use_carrier),
        ad_actor_sys_prio=kind.ad_actor_sys_prio,
        ad_user_port_key=kind.ad_user_port_key,
        peer_notify_delay=kind.peer_notify_delay,
        arp_ip_targets=kind.arp_targets,
        ns_ip6_targets=kind.ipv6_targets,
        ad_lacp_active=_word(ADLACPActive, kind.lacp_active),
        missed_max=kind.missed_max,
    )


def shown_wireguard(kind: Wireguard) -> specs.Wireguard:
    """Show all but the secrets."""
    return specs.Wireguard(
        public_key=kind.public_key,
        listen_port=kind.listen_port,
        firewall_mark=kind.mark,
        peers=tuple(
            specs.WireguardPeer(
                public_key=peer.public_key,
                endpoint=peer.endpoint,
                persistent_keepalive_interval=timedelta(seconds=peer.keepalive_s),
                allowed_ips=peer.allowed,
            )
            for peer in kind.peers
        ),
    )


def _word(words: type[W], number: int) -> W:
    return next((word for word in words if word.number == number), next(iter(words)))
