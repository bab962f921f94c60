"""Chains of the packet filter."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty, Part, Prefix
from ichor.resources.network.nftables_kinds import (
    ConntrackState,
    ICMPType,
    MatchOperator,
    NfTablesChainHook,
    NfTablesChainPriority,
    NfTablesVerdict,
    Protocol,
)


class NfTablesIfNameMatch(Part, frozen=True, kw_only=True, rename="camel"):
    interface_name: tuple[str, ...] = ()
    operator: MatchOperator = MatchOperator.EQUAL


class NfTablesMark(Part, frozen=True, kw_only=True):
    mask: OmitEmpty[int] = 0
    xor: OmitEmpty[int] = 0
    value: OmitEmpty[int] = 0


class NfTablesConntrackStateMatch(Part, frozen=True, kw_only=True):
    states: tuple[ConntrackState, ...] = ()


class NfTablesAddressMatch(Part, frozen=True, kw_only=True, rename="camel"):
    include_subnets: OmitEmpty[tuple[Prefix, ...]] = ()
    exclude_subnets: OmitEmpty[tuple[Prefix, ...]] = ()
    invert: OmitEmpty[bool] = False


class PortRange(Part, frozen=True, kw_only=True):
    lo: int = 0
    hi: int = 0


class NfTablesPortMatch(Part, frozen=True, kw_only=True):
    ranges: OmitEmpty[tuple[PortRange, ...]] = ()


class NfTablesICMPTypeMatch(Part, frozen=True, kw_only=True):
    types: tuple[ICMPType, ...] = ()


class NfTablesLayer4Match(Part, frozen=True, kw_only=True, rename="camel"):
    protocol: Protocol = Protocol.ICMP
    match_source_port: OmitEmpty[NfTablesPortMatch | None] = None
    match_destination_port: OmitEmpty[NfTablesPortMatch | None] = None
    match_icmp_type: OmitEmpty[NfTablesICMPTypeMatch | None] = field(
        default=None, name="matchICMPType"
    )


class NfTablesLimitMatch(Part, frozen=True, kw_only=True, rename="camel"):
    packet_rate_per_second: int = 0


class NfTablesClampMSS(Part, frozen=True, kw_only=True):
    mtu: int = 0


class NfTablesRule(Part, frozen=True, kw_only=True, rename="camel"):
    match_i_if_name: OmitEmpty[NfTablesIfNameMatch | None] = None
    match_o_if_name: OmitEmpty[NfTablesIfNameMatch | None] = None
    match_mark: OmitEmpty[NfTablesMark | None] = None
    match_conntrack_state: OmitEmpty[NfTablesConntrackStateMatch | None] = None
    match_source_address: OmitEmpty[NfTablesAddressMatch | None] = None
    match_destination_address: OmitEmpty[NfTablesAddressMatch | None] = None
    match_layer4: OmitEmpty[NfTablesLayer4Match | None] = None
    match_limit: OmitEmpty[NfTablesLimitMatch | None] = None
    clamp_mss: OmitEmpty[NfTablesClampMSS | None] = field(default=None, name="clampMSS")
    set_mark: OmitEmpty[NfTablesMark | None] = None
    anonymous_counter: OmitEmpty[bool] = False
    verdict: OmitEmpty[NfTablesVerdict] = NfTablesVerdict.DROP


class NfTablesChain(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="NfTablesChains.net.talos.dev",
        namespace="network",
        aliases=("chain", "chains", "nftableschain", "ntc", "ntcs"),
        columns={
            "Type": "{.type}",
            "Hook": "{.hook}",
            "Priority": "{.priority}",
            "Policy": "{.policy}",
        },
    )
    type: str = ""
    hook: NfTablesChainHook = NfTablesChainHook.PREROUTING
    priority: NfTablesChainPriority = NfTablesChainPriority.FILTER
    policy: NfTablesVerdict = NfTablesVerdict.DROP
    rules: tuple[NfTablesRule, ...] = ()
