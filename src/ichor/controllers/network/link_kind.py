"""Kinds of links: what is wanted -> what the kernel is told."""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from ichor.ports.network import (
    Bond,
    Bridge,
    Dummy,
    Kind,
    Veth,
    Vlan,
    Vrf,
    Wireguard,
    WireguardPeer,
)
from ichor.resources.network import link as specs
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.link_kinds import BondMode

TABLES: Final[Mapping[str, int]] = {"unspec": 0, "default": 253, "main": 254, "local": 255}
_TABLE_NAMES: Final = {number: name for name, number in TABLES.items()}
# Modes that look at carriers by themselves, with this miimon if they are given none.
_LOOKING: Final = (BondMode.IEEE_802_3AD, BondMode.BALANCE_TLB, BondMode.BALANCE_ALB)
_DEFAULT_MIIMON: Final = 100
_DELAYS: Final = ("updelay", "downdelay", "peer_notify_delay")
_ONE_ACTIVE: Final = (BondMode.ACTIVE_BACKUP, BondMode.BALANCE_TLB, BondMode.BALANCE_ALB)
# Options that exist in these modes only (drivers/net/bonding/bond_options.c).
_OF_MODES: Final[Mapping[str, tuple[BondMode, ...]]] = {
    "lacp_rate": (BondMode.IEEE_802_3AD,),
    "lacp_active": (BondMode.IEEE_802_3AD,),
    "ad_actor_sys_prio": (BondMode.IEEE_802_3AD,),
    "ad_user_port_key": (BondMode.IEEE_802_3AD,),
    "primary": _ONE_ACTIVE,
    "arp_interval": tuple(mode for mode in BondMode if mode not in _LOOKING),
    "arp_validate": tuple(mode for mode in BondMode if mode not in _LOOKING),
    "packets_per_slave": (BondMode.BALANCE_RR,),
    "tlb_dynamic_lb": (BondMode.BALANCE_TLB, BondMode.BALANCE_ALB),
}


def table_number(name: str) -> int:
    """Give the number of a routing table; 0 for none."""
    return TABLES.get(name, int(name) if name.isascii() and name.isdigit() else 0)


def table_name(number: int) -> str:
    return _TABLE_NAMES.get(number, str(number))


def kind_of(spec: LinkSpec) -> Kind | None:
    """Give the kind of link to make, None for one that is there by itself."""
    if not spec.logical:
        return None
    match spec.kind:
        case "bond":
            return bond(spec.bond_master or specs.BondMaster())
        case "bridge":
            master = spec.bridge_master or specs.BridgeMaster()
            return Bridge(
                stp=master.stp is not None and master.stp.enabled,
                vlan_filtering=master.vlan is not None and master.vlan.filtering_enabled,
            )
        case "dummy":
            return Dummy()
        case "veth":
            return Veth(peer=spec.veth.peer_name if spec.veth else "")
        case "vlan":
            vlan = spec.vlan or specs.VLAN()
            protocol = vlan.vlan_protocol.number
            return Vlan(id=vlan.vlan_id, link=spec.parent_name, protocol=protocol)
        case "vrf":
            return Vrf(table=table_number(spec.vrf_master.table if spec.vrf_master else ""))
        case "wireguard":
            return wireguard(spec.wireguard or specs.Wireguard())
        case _:
            return None


def bond(master: specs.BondMaster) -> Bond:
    """Give a bond as the driver will have it, whoever wished for what it cannot be."""
    return as_driver_has(told_of(master), master.mode)


def as_driver_has(told: Bond, mode: BondMode) -> Bond:
    """Leave out what the mode has not; delays are multiples of miimon, which excludes ARP."""
    default = msgspec.structs.asdict(Bond())
    changes = {name: default[name] for name, modes in _OF_MODES.items() if mode not in modes}
    if told.miimon:
        changes["arp_interval"] = default["arp_interval"]
    for name in _DELAYS:
        wanted: int = getattr(told, name)
        changes[name] = wanted - wanted % told.miimon if told.miimon else 0
    return msgspec.structs.replace(told, **changes)


def told_of(master: specs.BondMaster) -> Bond:
    default = Bond()
    miimon = master.miimon
    if not miimon and master.mode in _LOOKING:
        miimon = _DEFAULT_MIIMON
    return Bond(
        mode=master.mode.number,
        miimon=miimon,
        updelay=master.updelay,
        downdelay=master.downdelay,
        use_carrier=int(master.use_carrier),
        arp_interval=master.arp_interval,
        arp_targets=master.arp_ip_targets,
        arp_validate=master.arp_validate.number,
        arp_all_targets=master.arp_all_targets.number,
        primary=master.primary,
        primary_reselect=master.primary_reselect.number,
        fail_over_mac=master.fail_over_mac.number,
        xmit_hash_policy=master.xmit_hash_policy.number,
        resend_igmp=master.resend_igmp,
        num_peer_notif=master.num_peer_notif,
        all_slaves_active=master.all_slaves_active,
        min_links=master.min_links,
        lp_interval=master.lp_interval or default.lp_interval,
        packets_per_slave=master.packets_per_slave,
        lacp_rate=master.lacp_rate.number,
        ad_select=master.ad_select.number,
        ad_actor_sys_prio=master.ad_actor_sys_prio or default.ad_actor_sys_prio,
        ad_user_port_key=master.ad_user_port_key,
        tlb_dynamic_lb=master.tlb_logical_lb,
        peer_notify_delay=master.peer_notify_delay,
        lacp_active=master.ad_lacp_active.number,
        missed_max=master.missed_max or default.missed_max,
        ipv6_targets=master.ns_ip6_targets,
    )


def wireguard(wanted: specs.Wireguard) -> Wireguard:
    return Wireguard(
        private_key=wanted.private_key,
        listen_port=wanted.listen_port,
        mark=wanted.firewall_mark,
        peers=tuple(
            WireguardPeer(
                public_key=peer.public_key,
                preshared_key=peer.preshared_key,
                endpoint=peer.endpoint,
                keepalive_s=int(peer.persistent_keepalive_interval.total_seconds()),
                allowed=tuple(sorted(peer.allowed_ips)),
            )
            for peer in wanted.peers
        ),
    )


def digest(wanted: Wireguard) -> str:
    """Name a wish, so that it is known again when its peers have moved."""
    return f"ichor {hashlib.sha256(msgspec.json.encode(wanted)).hexdigest()[:32]}"
