"""IFLA_BOND_*: what a bond is told, include/uapi/linux/if_link.h, drivers/net/bonding.

A request names only what differs from the driver's default: most options exist in some modes only,
and the driver refuses the others. An option's place in its list of attributes is that of the
enumeration, in which the driver reads them too (a delay counts only once there is a miimon).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ichor.protocols.netlink.message import attribute, attributes, nested, number, u8, u16, u32
from ichor.protocols.netlink.wire import pack_ip, unpack_ip

_ARP_TARGETS, _PRIMARY, _IPV6_TARGETS = 8, 11, 31


class Options(Struct, frozen=True, kw_only=True):
    """Numbers as the kernel's; the defaults are the driver's."""

    mode: int = 0
    miimon: int = 0
    updelay: int = 0
    downdelay: int = 0
    use_carrier: int = 1
    arp_interval: int = 0
    arp_targets: tuple[str, ...] = ()
    arp_validate: int = 0
    arp_all_targets: int = 0
    primary_reselect: int = 0
    fail_over_mac: int = 0
    xmit_hash_policy: int = 0
    resend_igmp: int = 1
    num_peer_notif: int = 1
    all_slaves_active: int = 0
    min_links: int = 0
    lp_interval: int = 1
    packets_per_slave: int = 1
    lacp_rate: int = 0
    ad_select: int = 0
    ad_actor_sys_prio: int = 65535
    ad_user_port_key: int = 0
    tlb_dynamic_lb: int = 1
    peer_notify_delay: int = 0
    lacp_active: int = 1
    missed_max: int = 2
    ipv6_targets: tuple[str, ...] = ()


class Bond(NamedTuple):
    """primary: an index, 0 for none."""

    options: Options
    primary: int = 0


# attribute: field, octets
NUMBERS: Final[Mapping[int, tuple[str, int]]] = {
    1: ("mode", 1),
    3: ("miimon", 4),
    4: ("updelay", 4),
    5: ("downdelay", 4),
    6: ("use_carrier", 1),
    7: ("arp_interval", 4),
    9: ("arp_validate", 4),
    10: ("arp_all_targets", 4),
    12: ("primary_reselect", 1),
    13: ("fail_over_mac", 1),
    14: ("xmit_hash_policy", 1),
    15: ("resend_igmp", 4),
    16: ("num_peer_notif", 1),
    17: ("all_slaves_active", 1),
    18: ("min_links", 4),
    19: ("lp_interval", 4),
    20: ("packets_per_slave", 4),
    21: ("lacp_rate", 1),
    22: ("ad_select", 1),
    24: ("ad_actor_sys_prio", 2),
    25: ("ad_user_port_key", 2),
    27: ("tlb_dynamic_lb", 1),
    28: ("peer_notify_delay", 4),
    29: ("lacp_active", 1),
    30: ("missed_max", 1),
}
_PACK: Final = {1: u8, 2: u16, 4: u32}
_DEFAULT: Final = Options()


def pack(bond: Bond) -> list[bytes]:
    """Give the attributes within IFLA_INFO_DATA."""
    options = bond.options
    made: dict[int, bytes] = {}
    for type_, (name, octets) in NUMBERS.items():
        value: int = getattr(options, name)
        if value != getattr(_DEFAULT, name):
            made[type_] = attribute(type_, _PACK[octets](value))
    if bond.primary:
        made[_PRIMARY] = attribute(_PRIMARY, u32(bond.primary))
    targets = ((_ARP_TARGETS, options.arp_targets), (_IPV6_TARGETS, options.ipv6_targets))
    for type_, addresses in targets:
        if addresses:
            rows = (attribute(place, pack_ip(one)) for place, one in enumerate(addresses))
            made[type_] = nested(type_, *rows)
    return [made[type_] for type_ in sorted(made)]


def unpack(data: Mapping[int, bytes]) -> Bond:
    """Read the attributes. Raises FormatError."""
    numbers = {name: number(data[type_]) for type_, (name, _) in NUMBERS.items() if type_ in data}
    options = replace(
        _DEFAULT,
        arp_targets=_targets(data.get(_ARP_TARGETS, b"")),
        ipv6_targets=_targets(data.get(_IPV6_TARGETS, b"")),
        **numbers,
    )
    return Bond(options, number(data.get(_PRIMARY, b"")))


def _targets(raw: bytes) -> tuple[str, ...]:
    return tuple(unpack_ip(value) for _, value in sorted(attributes(raw).items()))
