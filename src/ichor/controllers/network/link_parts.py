"""Parts of links: what the documents say of bonds, bridges and WireGuard -> what is wanted.

What a document leaves out is said as the driver has it by itself: a setting that is taken out of a
configuration goes back.
"""

from ichor.config.documents.link_group import BondConfig, BridgeConfig
from ichor.config.documents.wireguard import WireguardConfig
from ichor.resources.network.link import (
    STP,
    BondMaster,
    BridgeMaster,
    BridgeVLAN,
    Wireguard,
    WireguardPeer,
)
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
)

# What the driver does by itself; a bond of whom few words are said is this.
PLAIN_BOND = BondMaster(
    use_carrier=True,
    resend_igmp=1,
    num_peer_notif=1,
    lp_interval=1,
    packets_per_slave=1,
    tlb_logical_lb=1,
    ad_lacp_active=ADLACPActive.ON,
)


def bond(given: BondConfig) -> BondMaster:
    return BondMaster(
        mode=BondMode.named(given.bond_mode),
        xmit_hash_policy=BondXmitHashPolicy.named(given.xmit_hash_policy or "layer2"),
        lacp_rate=LACPRate.named(given.lacp_rate or "slow"),
        arp_validate=ARPValidate.named(given.arp_validate or "none"),
        arp_all_targets=ARPAllTargets.named(given.arp_all_targets or "any"),
        primary=given.primary or "",
        primary_reselect=PrimaryReselect.named(given.primary_reselect or "always"),
        fail_over_mac=FailOverMAC.named(given.fail_over_mac or "none"),
        ad_select=ADSelect.named(given.ad_select or "stable"),
        miimon=given.miimon or 0,
        updelay=given.updelay or 0,
        downdelay=given.downdelay or 0,
        arp_interval=given.arp_interval or 0,
        resend_igmp=_or(given.resend_igmp, 1),
        min_links=given.min_links or 0,
        lp_interval=_or(given.lp_interval, 1),
        packets_per_slave=_or(given.packets_per_slave, 1),
        num_peer_notif=_or(given.num_peer_notif, 1),
        tlb_logical_lb=_or(given.tlb_logical_lb, 1),
        all_slaves_active=given.all_slaves_active or 0,
        use_carrier=given.use_carrier is not False,
        ad_actor_sys_prio=given.ad_actor_sys_prio or 0,
        ad_user_port_key=given.ad_user_port_key or 0,
        peer_notify_delay=given.peer_notif_delay or 0,
        arp_ip_targets=given.arp_ip_targets,
        ns_ip6_targets=given.ns_ip6_targets,
        ad_lacp_active=ADLACPActive.named(given.ad_lacp_active or "on"),
        missed_max=given.missed_max or 0,
    )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def bridge(given: BridgeConfig) -> BridgeMaster:
    return BridgeMaster(
        stp=STP(enabled=given.stp.enabled),
        vlan=BridgeVLAN(filtering_enabled=given.vlan.filtering),
    )


def wireguard(given: WireguardConfig) -> Wireguard:
    return Wireguard(
        private_key=given.private_key.reveal(),
        listen_port=given.listen_port,
        firewall_mark=given.firewall_mark,
        peers=tuple(
            WireguardPeer(
                public_key=peer.public_key,
                preshared_key=peer.preshared_key.reveal() if peer.preshared_key else "",
                endpoint=peer.endpoint or "",
                persistent_keepalive_interval=peer.persistent_keepalive_interval,
                allowed_ips=peer.allowed_ips,
            )
            for peer in given.peers
        ),
    )
