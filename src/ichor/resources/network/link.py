"""Links as they are wanted."""

from datetime import timedelta
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import (
    Address,
    HardwareAddr,
    LinkType,
    OmitEmpty,
    Part,
    Prefix,
    RoutingTable,
)
from ichor.resources.network.kinds import Layer
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


class BridgeSlave(Part, frozen=True, kw_only=True, rename="camel"):
    master_name: OmitEmpty[str] = ""


class VRFSlave(Part, frozen=True, kw_only=True, rename="camel"):
    master_name: OmitEmpty[str] = ""


class VLAN(Part, frozen=True, kw_only=True, rename="camel"):
    vlan_id: int = field(default=0, name="vlanID")
    vlan_protocol: VLANProtocol = VLANProtocol.IEEE_802_1Q


class BondMaster(Part, frozen=True, kw_only=True, rename="camel"):
    mode: BondMode = BondMode.BALANCE_RR
    xmit_hash_policy: BondXmitHashPolicy = BondXmitHashPolicy.LAYER2
    lacp_rate: LACPRate = LACPRate.SLOW
    arp_validate: ARPValidate = ARPValidate.NONE
    arp_all_targets: ARPAllTargets = ARPAllTargets.ANY
    primary_index: OmitEmpty[int] = 0
    primary_reselect: PrimaryReselect = PrimaryReselect.ALWAYS
    fail_over_mac: FailOverMAC = FailOverMAC.NONE
    ad_select: OmitEmpty[ADSelect] = ADSelect.STABLE
    miimon: OmitEmpty[int] = 0
    updelay: OmitEmpty[int] = 0
    downdelay: OmitEmpty[int] = 0
    arp_interval: OmitEmpty[int] = 0
    resend_igmp: OmitEmpty[int] = 0
    min_links: OmitEmpty[int] = 0
    lp_interval: OmitEmpty[int] = 0
    packets_per_slave: OmitEmpty[int] = 0
    num_peer_notif: OmitEmpty[int] = 0
    tlb_logical_lb: OmitEmpty[int] = 0
    all_slaves_active: OmitEmpty[int] = 0
    use_carrier: OmitEmpty[bool] = False
    ad_actor_sys_prio: OmitEmpty[int] = 0
    ad_user_port_key: OmitEmpty[int] = 0
    peer_notify_delay: OmitEmpty[int] = 0
    arp_ip_targets: OmitEmpty[tuple[Address, ...]] = ()
    ns_ip6_targets: OmitEmpty[tuple[Address, ...]] = ()
    ad_lacp_active: OmitEmpty[ADLACPActive] = ADLACPActive.OFF
    missed_max: OmitEmpty[int] = 0
    primary: OmitEmpty[str] = ""


class STP(Part, frozen=True, kw_only=True):
    enabled: bool = False


class BridgeVLAN(Part, frozen=True, kw_only=True, rename="camel"):
    filtering_enabled: bool = False


class BridgeMaster(Part, frozen=True, kw_only=True):
    stp: OmitEmpty[STP | None] = None
    vlan: OmitEmpty[BridgeVLAN | None] = None


class VRFMaster(Part, frozen=True, kw_only=True):
    table: RoutingTable = "unspec"


class WireguardPeer(Part, frozen=True, kw_only=True, rename="camel"):
    public_key: str = ""
    preshared_key: str = ""
    endpoint: str = ""
    persistent_keepalive_interval: timedelta = timedelta()
    allowed_ips: tuple[Prefix, ...] = field(default=(), name="allowedIPs")


class Wireguard(Part, frozen=True, kw_only=True, rename="camel"):
    private_key: OmitEmpty[str] = ""
    public_key: OmitEmpty[str] = ""
    listen_port: int = 0
    firewall_mark: int = 0
    peers: tuple[WireguardPeer, ...] = ()


class Veth(Part, frozen=True, kw_only=True, rename="camel"):
    peer_name: OmitEmpty[str] = ""


class LinkSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="LinkSpecs.net.talos.dev",
        namespace="network",
        aliases=("linkspec", "ls"),
        sensitive=True,
    )
    name: str = ""
    logical: bool = False
    up: bool = False
    mtu: int = 0
    kind: str = ""
    type: LinkType = "netrom"
    hardware_addr: OmitEmpty[HardwareAddr] = ""
    parent_name: OmitEmpty[str] = ""
    master_name: OmitEmpty[str] = ""
    slave_index: OmitEmpty[int] = 0
    bridge_slave: OmitEmpty[BridgeSlave | None] = None
    vrf_slave: OmitEmpty[VRFSlave | None] = None
    vlan: OmitEmpty[VLAN | None] = None
    bond_master: OmitEmpty[BondMaster | None] = None
    bridge_master: OmitEmpty[BridgeMaster | None] = None
    vrf_master: OmitEmpty[VRFMaster | None] = None
    wireguard: OmitEmpty[Wireguard | None] = None
    veth: OmitEmpty[Veth | None] = None
    layer: Layer = Layer.DEFAULT
    multicast: OmitEmpty[bool] = False
