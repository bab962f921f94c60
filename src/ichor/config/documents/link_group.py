"""Links that others are ports of: bonds and bridges.

A bond's options exist in some of its modes only (kernel, networking/bonding.rst); others are
refused here, for the kernel would refuse the whole bond.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from msgspec import field

from ichor.config.document import Fault, Part
from ichor.config.documents.link import LinkDocument, LinkName
from ichor.config.field import IP, MAC, U8, U16, U32, Range

Number = Annotated[int, U32]
BondMode = Literal[
    "balance-rr",
    "active-backup",
    "balance-xor",
    "broadcast",
    "802.3ad",
    "balance-tlb",
    "balance-alb",
]
_LACP: Final = ("802.3ad",)
_ONE_ACTIVE: Final = ("active-backup", "balance-tlb", "balance-alb")
_BY_ARP: Final = ("balance-rr", "active-backup", "balance-xor", "broadcast")
_BALANCED: Final = ("balance-tlb", "balance-alb")
_ONLY: Final[Mapping[str, tuple[str, ...]]] = {
    "lacpRate": _LACP,
    "adLACPActive": _LACP,
    "adActorSysPrio": _LACP,
    "adUserPortKey": _LACP,
    "primary": _ONE_ACTIVE,
    "primaryReselect": _ONE_ACTIVE,
    "arpInterval": _BY_ARP,
    "arpValidate": _BY_ARP,
    "packetsPerSlave": ("balance-rr",),
    "tlbLogicalLb": _BALANCED,
}
_NEEDS: Final[Mapping[str, str]] = {
    "updelay": "miimon",
    "downdelay": "miimon",
    "peerNotifDelay": "miimon",
    "arpValidate": "arpInterval",
    "arpAllTargets": "arpInterval",
    "missedMax": "arpInterval",
}


class BondConfig(LinkDocument, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "BondConfig"

    hardware_addr: Annotated[str, MAC] | None = None
    links: tuple[LinkName, ...] = ()
    bond_mode: BondMode
    miimon: Number | None = None
    updelay: Number | None = None
    downdelay: Number | None = None
    use_carrier: bool | None = None
    xmit_hash_policy: Literal["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4"] | None = (
        None
    )
    arp_interval: Number | None = None
    arp_ip_targets: tuple[Annotated[str, IP], ...] = ()
    ns_ip6_targets: tuple[Annotated[str, IP], ...] = ()
    arp_validate: (
        Literal["none", "active", "backup", "all", "filter", "filter-active", "filter-backup"]
        | None
    ) = None
    arp_all_targets: Literal["any", "all"] | None = None
    lacp_rate: Literal["slow", "fast"] | None = None
    fail_over_mac: Literal["none", "active", "follow"] | None = None
    ad_select: Literal["stable", "bandwidth", "count"] | None = None
    ad_actor_sys_prio: Annotated[int, Range(1, 65535)] | None = None
    ad_user_port_key: Annotated[int, Range(0, 1023)] | None = None
    ad_lacp_active: Literal["on", "off"] | None = field(name="adLACPActive", default=None)
    primary: LinkName | None = None
    primary_reselect: Literal["always", "better", "failure"] | None = None
    resend_igmp: Annotated[int, U8] | None = field(name="resendIGMP", default=None)
    min_links: Number | None = None
    lp_interval: Annotated[int, Range(1, 0x7FFFFFFF)] | None = None
    packets_per_slave: Annotated[int, U16] | None = None
    num_peer_notif: Annotated[int, U8] | None = None
    tlb_logical_lb: Annotated[int, Range(0, 1)] | None = None
    all_slaves_active: Annotated[int, Range(0, 1)] | None = None
    peer_notif_delay: Number | None = None
    missed_max: Annotated[int, Range(1, 255)] | None = None

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from self._of_mode()
        if self.primary is not None and self.primary not in self.links:
            yield Fault("primary", "expected one of links")
        if self.miimon and self.arp_interval:
            yield Fault("arpInterval", "expected no arpInterval beside miimon")
        if self.arp_interval and not (self.arp_ip_targets or self.ns_ip6_targets):
            yield Fault("arpInterval", "needs arpIpTargets or nsIp6Targets")
        for name, version in (("arpIpTargets", 4), ("nsIp6Targets", 6)):
            targets = self.arp_ip_targets if version == 4 else self.ns_ip6_targets
            if len(targets) > 16 or any((":" in one) != (version == 6) for one in targets):
                yield Fault(name, f"expected at most 16 IPv{version} addresses")

    def _of_mode(self) -> Iterator[Fault]:
        given = {
            name: getattr(self, attribute)
            for attribute, name in zip(
                self.__struct_fields__, self.__struct_encode_fields__, strict=True
            )
        }
        for name, modes in _ONLY.items():
            if given[name] and self.bond_mode not in modes:
                yield Fault(name, f"{self.bond_mode} has none, only {', '.join(modes)}")
        for name, other in _NEEDS.items():
            if given[name] and not given[other]:
                yield Fault(name, f"needs {other}")
        for name in ("updelay", "downdelay", "peerNotifDelay"):
            if given[name] and given["miimon"] and given[name] % given["miimon"]:
                yield Fault(name, "expected a multiple of miimon")


class Stp(Part, frozen=True, kw_only=True):
    enabled: bool = False


class BridgeVlan(Part, frozen=True, kw_only=True):
    filtering: bool = False


class BridgeConfig(LinkDocument, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "BridgeConfig"

    hardware_addr: Annotated[str, MAC] | None = None
    links: tuple[LinkName, ...] = ()
    stp: Stp = field(default_factory=Stp)
    vlan: BridgeVlan = field(default_factory=BridgeVlan)
