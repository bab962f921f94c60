import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from ichor.proto.common import common_pb2 as _common_pb2
from ichor.proto.definitions import enums_pb2 as _enums_pb2
from ichor.proto.definitions import runtime_pb2 as _runtime_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AddressSpecSpec(_message.Message):
    __slots__ = ("address", "link_name", "family", "scope", "flags", "announce_with_arp", "config_layer", "priority")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LINK_NAME_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCE_WITH_ARP_FIELD_NUMBER: _ClassVar[int]
    CONFIG_LAYER_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    address: _common_pb2.NetIPPrefix
    link_name: str
    family: _enums_pb2.NethelpersFamily
    scope: _enums_pb2.NethelpersScope
    flags: int
    announce_with_arp: bool
    config_layer: _enums_pb2.NetworkConfigLayer
    priority: int
    def __init__(self, address: _Optional[_Union[_common_pb2.NetIPPrefix, _Mapping]] = ..., link_name: _Optional[str] = ..., family: _Optional[_Union[_enums_pb2.NethelpersFamily, str]] = ..., scope: _Optional[_Union[_enums_pb2.NethelpersScope, str]] = ..., flags: _Optional[int] = ..., announce_with_arp: _Optional[bool] = ..., config_layer: _Optional[_Union[_enums_pb2.NetworkConfigLayer, str]] = ..., priority: _Optional[int] = ...) -> None: ...

class AddressStatusSpec(_message.Message):
    __slots__ = ("address", "local", "broadcast", "anycast", "multicast", "link_index", "link_name", "family", "scope", "flags", "priority")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    BROADCAST_FIELD_NUMBER: _ClassVar[int]
    ANYCAST_FIELD_NUMBER: _ClassVar[int]
    MULTICAST_FIELD_NUMBER: _ClassVar[int]
    LINK_INDEX_FIELD_NUMBER: _ClassVar[int]
    LINK_NAME_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    address: _common_pb2.NetIPPrefix
    local: _common_pb2.NetIP
    broadcast: _common_pb2.NetIP
    anycast: _common_pb2.NetIP
    multicast: _common_pb2.NetIP
    link_index: int
    link_name: str
    family: _enums_pb2.NethelpersFamily
    scope: _enums_pb2.NethelpersScope
    flags: int
    priority: int
    def __init__(self, address: _Optional[_Union[_common_pb2.NetIPPrefix, _Mapping]] = ..., local: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., broadcast: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., anycast: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., multicast: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., link_index: _Optional[int] = ..., link_name: _Optional[str] = ..., family: _Optional[_Union[_enums_pb2.NethelpersFamily, str]] = ..., scope: _Optional[_Union[_enums_pb2.NethelpersScope, str]] = ..., flags: _Optional[int] = ..., priority: _Optional[int] = ...) -> None: ...

class BGPBFDConfigSpec(_message.Message):
    __slots__ = ("transmit_interval", "receive_interval", "detect_multiplier")
    TRANSMIT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    DETECT_MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
    transmit_interval: _duration_pb2.Duration
    receive_interval: _duration_pb2.Duration
    detect_multiplier: int
    def __init__(self, transmit_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., receive_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., detect_multiplier: _Optional[int] = ...) -> None: ...

class BGPImportRouteSpec(_message.Message):
    __slots__ = ("bgp_instance", "prefixes")
    BGP_INSTANCE_FIELD_NUMBER: _ClassVar[int]
    PREFIXES_FIELD_NUMBER: _ClassVar[int]
    bgp_instance: str
    prefixes: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIPPrefix]
    def __init__(self, bgp_instance: _Optional[str] = ..., prefixes: _Optional[_Iterable[_Union[_common_pb2.NetIPPrefix, _Mapping]]] = ...) -> None: ...

class BGPInstanceConfigSpec(_message.Message):
    __slots__ = ("local_asn", "router_id", "route_source", "advertise_links", "multipath", "max_paths", "neighbors", "vrf", "vrf_table", "import_routes", "install_routes")
    LOCAL_ASN_FIELD_NUMBER: _ClassVar[int]
    ROUTER_ID_FIELD_NUMBER: _ClassVar[int]
    ROUTE_SOURCE_FIELD_NUMBER: _ClassVar[int]
    ADVERTISE_LINKS_FIELD_NUMBER: _ClassVar[int]
    MULTIPATH_FIELD_NUMBER: _ClassVar[int]
    MAX_PATHS_FIELD_NUMBER: _ClassVar[int]
    NEIGHBORS_FIELD_NUMBER: _ClassVar[int]
    VRF_FIELD_NUMBER: _ClassVar[int]
    VRF_TABLE_FIELD_NUMBER: _ClassVar[int]
    IMPORT_ROUTES_FIELD_NUMBER: _ClassVar[int]
    INSTALL_ROUTES_FIELD_NUMBER: _ClassVar[int]
    local_asn: int
    router_id: _common_pb2.NetIP
    route_source: _common_pb2.NetIP
    advertise_links: _containers.RepeatedScalarFieldContainer[str]
    multipath: bool
    max_paths: int
    neighbors: _containers.RepeatedCompositeFieldContainer[BGPNeighborConfigSpec]
    vrf: str
    vrf_table: _enums_pb2.NethelpersRoutingTable
    import_routes: _containers.RepeatedCompositeFieldContainer[BGPImportRouteSpec]
    install_routes: bool
    def __init__(self, local_asn: _Optional[int] = ..., router_id: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., route_source: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., advertise_links: _Optional[_Iterable[str]] = ..., multipath: _Optional[bool] = ..., max_paths: _Optional[int] = ..., neighbors: _Optional[_Iterable[_Union[BGPNeighborConfigSpec, _Mapping]]] = ..., vrf: _Optional[str] = ..., vrf_table: _Optional[_Union[_enums_pb2.NethelpersRoutingTable, str]] = ..., import_routes: _Optional[_Iterable[_Union[BGPImportRouteSpec, _Mapping]]] = ..., install_routes: _Optional[bool] = ...) -> None: ...

class BGPNeighborConfigSpec(_message.Message):
    __slots__ = ("address", "link", "peer_asn", "hold_time", "bfd", "local_asn", "passive")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    PEER_ASN_FIELD_NUMBER: _ClassVar[int]
    HOLD_TIME_FIELD_NUMBER: _ClassVar[int]
    BFD_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ASN_FIELD_NUMBER: _ClassVar[int]
    PASSIVE_FIELD_NUMBER: _ClassVar[int]
    address: _common_pb2.NetIP
    link: str
    peer_asn: int
    hold_time: _duration_pb2.Duration
    bfd: BGPBFDConfigSpec
    local_asn: int
    passive: bool
    def __init__(self, address: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., link: _Optional[str] = ..., peer_asn: _Optional[int] = ..., hold_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., bfd: _Optional[_Union[BGPBFDConfigSpec, _Mapping]] = ..., local_asn: _Optional[int] = ..., passive: _Optional[bool] = ...) -> None: ...

class BGPPeerStatusSpec(_message.Message):
    __slots__ = ("peer", "local_asn", "peer_asn", "state", "router_id", "since", "received", "advertised", "accepted", "bfd_state", "instance")
    PEER_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ASN_FIELD_NUMBER: _ClassVar[int]
    PEER_ASN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ROUTER_ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    ADVERTISED_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    BFD_STATE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    peer: str
    local_asn: int
    peer_asn: int
    state: _enums_pb2.NethelpersBGPSessionState
    router_id: _common_pb2.NetIP
    since: _timestamp_pb2.Timestamp
    received: int
    advertised: int
    accepted: int
    bfd_state: str
    instance: str
    def __init__(self, peer: _Optional[str] = ..., local_asn: _Optional[int] = ..., peer_asn: _Optional[int] = ..., state: _Optional[_Union[_enums_pb2.NethelpersBGPSessionState, str]] = ..., router_id: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received: _Optional[int] = ..., advertised: _Optional[int] = ..., accepted: _Optional[int] = ..., bfd_state: _Optional[str] = ..., instance: _Optional[str] = ...) -> None: ...

class BondMasterSpec(_message.Message):
    __slots__ = ("mode", "hash_policy", "lacp_rate", "arp_validate", "arp_all_targets", "primary_index", "primary_reselect", "fail_over_mac", "ad_select", "mii_mon", "up_delay", "down_delay", "arp_interval", "resend_igmp", "min_links", "lp_interval", "packets_per_slave", "num_peer_notif", "tlb_dynamic_lb", "all_slaves_active", "use_carrier", "ad_actor_sys_prio", "ad_user_port_key", "peer_notify_delay", "arpip_targets", "nsip6_targets", "adlacp_active", "missed_max", "primary")
    MODE_FIELD_NUMBER: _ClassVar[int]
    HASH_POLICY_FIELD_NUMBER: _ClassVar[int]
    LACP_RATE_FIELD_NUMBER: _ClassVar[int]
    ARP_VALIDATE_FIELD_NUMBER: _ClassVar[int]
    ARP_ALL_TARGETS_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_INDEX_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_RESELECT_FIELD_NUMBER: _ClassVar[int]
    FAIL_OVER_MAC_FIELD_NUMBER: _ClassVar[int]
    AD_SELECT_FIELD_NUMBER: _ClassVar[int]
    MII_MON_FIELD_NUMBER: _ClassVar[int]
    UP_DELAY_FIELD_NUMBER: _ClassVar[int]
    DOWN_DELAY_FIELD_NUMBER: _ClassVar[int]
    ARP_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    RESEND_IGMP_FIELD_NUMBER: _ClassVar[int]
    MIN_LINKS_FIELD_NUMBER: _ClassVar[int]
    LP_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    PACKETS_PER_SLAVE_FIELD_NUMBER: _ClassVar[int]
    NUM_PEER_NOTIF_FIELD_NUMBER: _ClassVar[int]
    TLB_DYNAMIC_LB_FIELD_NUMBER: _ClassVar[int]
    ALL_SLAVES_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    USE_CARRIER_FIELD_NUMBER: _ClassVar[int]
    AD_ACTOR_SYS_PRIO_FIELD_NUMBER: _ClassVar[int]
    AD_USER_PORT_KEY_FIELD_NUMBER: _ClassVar[int]
    PEER_NOTIFY_DELAY_FIELD_NUMBER: _ClassVar[int]
    ARPIP_TARGETS_FIELD_NUMBER: _ClassVar[int]
    NSIP6_TARGETS_FIELD_NUMBER: _ClassVar[int]
    ADLACP_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    MISSED_MAX_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_FIELD_NUMBER: _ClassVar[int]
    mode: _enums_pb2.NethelpersBondMode
    hash_policy: _enums_pb2.NethelpersBondXmitHashPolicy
    lacp_rate: _enums_pb2.NethelpersLACPRate
    arp_validate: _enums_pb2.NethelpersARPValidate
    arp_all_targets: _enums_pb2.NethelpersARPAllTargets
    primary_index: int
    primary_reselect: _enums_pb2.NethelpersPrimaryReselect
    fail_over_mac: _enums_pb2.NethelpersFailOverMAC
    ad_select: _enums_pb2.NethelpersADSelect
    mii_mon: int
    up_delay: int
    down_delay: int
    arp_interval: int
    resend_igmp: int
    min_links: int
    lp_interval: int
    packets_per_slave: int
    num_peer_notif: int
    tlb_dynamic_lb: int
    all_slaves_active: int
    use_carrier: bool
    ad_actor_sys_prio: int
    ad_user_port_key: int
    peer_notify_delay: int
    arpip_targets: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIP]
    nsip6_targets: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIP]
    adlacp_active: _enums_pb2.NethelpersADLACPActive
    missed_max: int
    primary: str
    def __init__(self, mode: _Optional[_Union[_enums_pb2.NethelpersBondMode, str]] = ..., hash_policy: _Optional[_Union[_enums_pb2.NethelpersBondXmitHashPolicy, str]] = ..., lacp_rate: _Optional[_Union[_enums_pb2.NethelpersLACPRate, str]] = ..., arp_validate: _Optional[_Union[_enums_pb2.NethelpersARPValidate, str]] = ..., arp_all_targets: _Optional[_Union[_enums_pb2.NethelpersARPAllTargets, str]] = ..., primary_index: _Optional[int] = ..., primary_reselect: _Optional[_Union[_enums_pb2.NethelpersPrimaryReselect, str]] = ..., fail_over_mac: _Optional[_Union[_enums_pb2.NethelpersFailOverMAC, str]] = ..., ad_select: _Optional[_Union[_enums_pb2.NethelpersADSelect, str]] = ..., mii_mon: _Optional[int] = ..., up_delay: _Optional[int] = ..., down_delay: _Optional[int] = ..., arp_interval: _Optional[int] = ..., resend_igmp: _Optional[int] = ..., min_links: _Optional[int] = ..., lp_interval: _Optional[int] = ..., packets_per_slave: _Optional[int] = ..., num_peer_notif: _Optional[int] = ..., tlb_dynamic_lb: _Optional[int] = ..., all_slaves_active: _Optional[int] = ..., use_carrier: _Optional[bool] = ..., ad_actor_sys_prio: _Optional[int] = ..., ad_user_port_key: _Optional[int] = ..., peer_notify_delay: _Optional[int] = ..., arpip_targets: _Optional[_Iterable[_Union[_common_pb2.NetIP, _Mapping]]] = ..., nsip6_targets: _Optional[_Iterable[_Union[_common_pb2.NetIP, _Mapping]]] = ..., adlacp_active: _Optional[_Union[_enums_pb2.NethelpersADLACPActive, str]] = ..., missed_max: _Optional[int] = ..., primary: _Optional[str] = ...) -> None: ...

class BondSlave(_message.Message):
    __slots__ = ("master_name", "slave_index")
    MASTER_NAME_FIELD_NUMBER: _ClassVar[int]
    SLAVE_INDEX_FIELD_NUMBER: _ClassVar[int]
    master_name: str
    slave_index: int
    def __init__(self, master_name: _Optional[str] = ..., slave_index: _Optional[int] = ...) -> None: ...

class BridgeMasterSpec(_message.Message):
    __slots__ = ("stp", "vlan")
    STP_FIELD_NUMBER: _ClassVar[int]
    VLAN_FIELD_NUMBER: _ClassVar[int]
    stp: STPSpec
    vlan: BridgeVLANSpec
    def __init__(self, stp: _Optional[_Union[STPSpec, _Mapping]] = ..., vlan: _Optional[_Union[BridgeVLANSpec, _Mapping]] = ...) -> None: ...

class BridgeSlave(_message.Message):
    __slots__ = ("master_name",)
    MASTER_NAME_FIELD_NUMBER: _ClassVar[int]
    master_name: str
    def __init__(self, master_name: _Optional[str] = ...) -> None: ...

class BridgeVLANSpec(_message.Message):
    __slots__ = ("filtering_enabled",)
    FILTERING_ENABLED_FIELD_NUMBER: _ClassVar[int]
    filtering_enabled: bool
    def __init__(self, filtering_enabled: _Optional[bool] = ...) -> None: ...

class ClientIdentifierSpec(_message.Message):
    __slots__ = ("client_identifier", "duid_raw_hex")
    CLIENT_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    DUID_RAW_HEX_FIELD_NUMBER: _ClassVar[int]
    client_identifier: _enums_pb2.NethelpersClientIdentifier
    duid_raw_hex: str
    def __init__(self, client_identifier: _Optional[_Union[_enums_pb2.NethelpersClientIdentifier, str]] = ..., duid_raw_hex: _Optional[str] = ...) -> None: ...

class DHCP4OperatorSpec(_message.Message):
    __slots__ = ("route_metric", "skip_hostname_request", "client_identifier", "skip_routes")
    ROUTE_METRIC_FIELD_NUMBER: _ClassVar[int]
    SKIP_HOSTNAME_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CLIENT_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    SKIP_ROUTES_FIELD_NUMBER: _ClassVar[int]
    route_metric: int
    skip_hostname_request: bool
    client_identifier: ClientIdentifierSpec
    skip_routes: bool
    def __init__(self, route_metric: _Optional[int] = ..., skip_hostname_request: _Optional[bool] = ..., client_identifier: _Optional[_Union[ClientIdentifierSpec, _Mapping]] = ..., skip_routes: _Optional[bool] = ...) -> None: ...

class DHCP6OperatorSpec(_message.Message):
    __slots__ = ("route_metric", "skip_hostname_request", "client_identifier")
    ROUTE_METRIC_FIELD_NUMBER: _ClassVar[int]
    SKIP_HOSTNAME_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CLIENT_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    route_metric: int
    skip_hostname_request: bool
    client_identifier: ClientIdentifierSpec
    def __init__(self, route_metric: _Optional[int] = ..., skip_hostname_request: _Optional[bool] = ..., client_identifier: _Optional[_Union[ClientIdentifierSpec, _Mapping]] = ...) -> None: ...

class DNSResolveCacheSpec(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: str
    def __init__(self, status: _Optional[str] = ...) -> None: ...

class EthernetChannelsSpec(_message.Message):
    __slots__ = ("rx", "tx", "other", "combined")
    RX_FIELD_NUMBER: _ClassVar[int]
    TX_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    COMBINED_FIELD_NUMBER: _ClassVar[int]
    rx: int
    tx: int
    other: int
    combined: int
    def __init__(self, rx: _Optional[int] = ..., tx: _Optional[int] = ..., other: _Optional[int] = ..., combined: _Optional[int] = ...) -> None: ...

class EthernetChannelsStatus(_message.Message):
    __slots__ = ("rx_max", "tx_max", "other_max", "combined_max", "rx", "tx", "other", "combined")
    RX_MAX_FIELD_NUMBER: _ClassVar[int]
    TX_MAX_FIELD_NUMBER: _ClassVar[int]
    OTHER_MAX_FIELD_NUMBER: _ClassVar[int]
    COMBINED_MAX_FIELD_NUMBER: _ClassVar[int]
    RX_FIELD_NUMBER: _ClassVar[int]
    TX_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    COMBINED_FIELD_NUMBER: _ClassVar[int]
    rx_max: int
    tx_max: int
    other_max: int
    combined_max: int
    rx: int
    tx: int
    other: int
    combined: int
    def __init__(self, rx_max: _Optional[int] = ..., tx_max: _Optional[int] = ..., other_max: _Optional[int] = ..., combined_max: _Optional[int] = ..., rx: _Optional[int] = ..., tx: _Optional[int] = ..., other: _Optional[int] = ..., combined: _Optional[int] = ...) -> None: ...

class EthernetFeatureStatus(_message.Message):
    __slots__ = ("name", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    status: str
    def __init__(self, name: _Optional[str] = ..., status: _Optional[str] = ...) -> None: ...

class EthernetRingsSpec(_message.Message):
    __slots__ = ("rx", "rx_mini", "rx_jumbo", "tx", "rx_buf_len", "cqe_size", "tx_push", "rx_push", "tx_push_buf_len", "tcp_data_split")
    RX_FIELD_NUMBER: _ClassVar[int]
    RX_MINI_FIELD_NUMBER: _ClassVar[int]
    RX_JUMBO_FIELD_NUMBER: _ClassVar[int]
    TX_FIELD_NUMBER: _ClassVar[int]
    RX_BUF_LEN_FIELD_NUMBER: _ClassVar[int]
    CQE_SIZE_FIELD_NUMBER: _ClassVar[int]
    TX_PUSH_FIELD_NUMBER: _ClassVar[int]
    RX_PUSH_FIELD_NUMBER: _ClassVar[int]
    TX_PUSH_BUF_LEN_FIELD_NUMBER: _ClassVar[int]
    TCP_DATA_SPLIT_FIELD_NUMBER: _ClassVar[int]
    rx: int
    rx_mini: int
    rx_jumbo: int
    tx: int
    rx_buf_len: int
    cqe_size: int
    tx_push: bool
    rx_push: bool
    tx_push_buf_len: int
    tcp_data_split: bool
    def __init__(self, rx: _Optional[int] = ..., rx_mini: _Optional[int] = ..., rx_jumbo: _Optional[int] = ..., tx: _Optional[int] = ..., rx_buf_len: _Optional[int] = ..., cqe_size: _Optional[int] = ..., tx_push: _Optional[bool] = ..., rx_push: _Optional[bool] = ..., tx_push_buf_len: _Optional[int] = ..., tcp_data_split: _Optional[bool] = ...) -> None: ...

class EthernetRingsStatus(_message.Message):
    __slots__ = ("rx_max", "rx_mini_max", "rx_jumbo_max", "tx_max", "tx_push_buf_len_max", "rx", "rx_mini", "rx_jumbo", "tx", "rx_buf_len", "cqe_size", "tx_push", "rx_push", "tx_push_buf_len", "tcp_data_split")
    RX_MAX_FIELD_NUMBER: _ClassVar[int]
    RX_MINI_MAX_FIELD_NUMBER: _ClassVar[int]
    RX_JUMBO_MAX_FIELD_NUMBER: _ClassVar[int]
    TX_MAX_FIELD_NUMBER: _ClassVar[int]
    TX_PUSH_BUF_LEN_MAX_FIELD_NUMBER: _ClassVar[int]
    RX_FIELD_NUMBER: _ClassVar[int]
    RX_MINI_FIELD_NUMBER: _ClassVar[int]
    RX_JUMBO_FIELD_NUMBER: _ClassVar[int]
    TX_FIELD_NUMBER: _ClassVar[int]
    RX_BUF_LEN_FIELD_NUMBER: _ClassVar[int]
    CQE_SIZE_FIELD_NUMBER: _ClassVar[int]
    TX_PUSH_FIELD_NUMBER: _ClassVar[int]
    RX_PUSH_FIELD_NUMBER: _ClassVar[int]
    TX_PUSH_BUF_LEN_FIELD_NUMBER: _ClassVar[int]
    TCP_DATA_SPLIT_FIELD_NUMBER: _ClassVar[int]
    rx_max: int
    rx_mini_max: int
    rx_jumbo_max: int
    tx_max: int
    tx_push_buf_len_max: int
    rx: int
    rx_mini: int
    rx_jumbo: int
    tx: int
    rx_buf_len: int
    cqe_size: int
    tx_push: bool
    rx_push: bool
    tx_push_buf_len: int
    tcp_data_split: bool
    def __init__(self, rx_max: _Optional[int] = ..., rx_mini_max: _Optional[int] = ..., rx_jumbo_max: _Optional[int] = ..., tx_max: _Optional[int] = ..., tx_push_buf_len_max: _Optional[int] = ..., rx: _Optional[int] = ..., rx_mini: _Optional[int] = ..., rx_jumbo: _Optional[int] = ..., tx: _Optional[int] = ..., rx_buf_len: _Optional[int] = ..., cqe_size: _Optional[int] = ..., tx_push: _Optional[bool] = ..., rx_push: _Optional[bool] = ..., tx_push_buf_len: _Optional[int] = ..., tcp_data_split: _Optional[bool] = ...) -> None: ...

class EthernetSpecSpec(_message.Message):
    __slots__ = ("rings", "features", "channels", "wake_on_lan")
    class FeaturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bool
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bool] = ...) -> None: ...
    RINGS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    WAKE_ON_LAN_FIELD_NUMBER: _ClassVar[int]
    rings: EthernetRingsSpec
    features: _containers.ScalarMap[str, bool]
    channels: EthernetChannelsSpec
    wake_on_lan: _containers.RepeatedScalarFieldContainer[_enums_pb2.NethelpersWOLMode]
    def __init__(self, rings: _Optional[_Union[EthernetRingsSpec, _Mapping]] = ..., features: _Optional[_Mapping[str, bool]] = ..., channels: _Optional[_Union[EthernetChannelsSpec, _Mapping]] = ..., wake_on_lan: _Optional[_Iterable[_Union[_enums_pb2.NethelpersWOLMode, str]]] = ...) -> None: ...

class EthernetStatusSpec(_message.Message):
    __slots__ = ("link_state", "speed_megabits", "port", "duplex", "our_modes", "peer_modes", "rings", "features", "channels", "wake_on_lan")
    LINK_STATE_FIELD_NUMBER: _ClassVar[int]
    SPEED_MEGABITS_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    DUPLEX_FIELD_NUMBER: _ClassVar[int]
    OUR_MODES_FIELD_NUMBER: _ClassVar[int]
    PEER_MODES_FIELD_NUMBER: _ClassVar[int]
    RINGS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    WAKE_ON_LAN_FIELD_NUMBER: _ClassVar[int]
    link_state: bool
    speed_megabits: int
    port: _enums_pb2.NethelpersPort
    duplex: _enums_pb2.NethelpersDuplex
    our_modes: _containers.RepeatedScalarFieldContainer[str]
    peer_modes: _containers.RepeatedScalarFieldContainer[str]
    rings: EthernetRingsStatus
    features: _containers.RepeatedCompositeFieldContainer[EthernetFeatureStatus]
    channels: EthernetChannelsStatus
    wake_on_lan: _containers.RepeatedScalarFieldContainer[_enums_pb2.NethelpersWOLMode]
    def __init__(self, link_state: _Optional[bool] = ..., speed_megabits: _Optional[int] = ..., port: _Optional[_Union[_enums_pb2.NethelpersPort, str]] = ..., duplex: _Optional[_Union[_enums_pb2.NethelpersDuplex, str]] = ..., our_modes: _Optional[_Iterable[str]] = ..., peer_modes: _Optional[_Iterable[str]] = ..., rings: _Optional[_Union[EthernetRingsStatus, _Mapping]] = ..., features: _Optional[_Iterable[_Union[EthernetFeatureStatus, _Mapping]]] = ..., channels: _Optional[_Union[EthernetChannelsStatus, _Mapping]] = ..., wake_on_lan: _Optional[_Iterable[_Union[_enums_pb2.NethelpersWOLMode, str]]] = ...) -> None: ...

class HTTPProbeSpec(_message.Message):
    __slots__ = ("url", "timeout")
    URL_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    url: _common_pb2.URL
    timeout: _duration_pb2.Duration
    def __init__(self, url: _Optional[_Union[_common_pb2.URL, _Mapping]] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class HardwareAddrSpec(_message.Message):
    __slots__ = ("name", "hardware_addr")
    NAME_FIELD_NUMBER: _ClassVar[int]
    HARDWARE_ADDR_FIELD_NUMBER: _ClassVar[int]
    name: str
    hardware_addr: bytes
    def __init__(self, name: _Optional[str] = ..., hardware_addr: _Optional[bytes] = ...) -> None: ...

class HostDNSConfigSpec(_message.Message):
    __slots__ = ("enabled", "listen_addresses", "service_host_dns_address", "resolve_member_names", "service_host_dns_address_v6")
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    LISTEN_ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    SERVICE_HOST_DNS_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    RESOLVE_MEMBER_NAMES_FIELD_NUMBER: _ClassVar[int]
    SERVICE_HOST_DNS_ADDRESS_V6_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    listen_addresses: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIPPort]
    service_host_dns_address: _common_pb2.NetIP
    resolve_member_names: bool
    service_host_dns_address_v6: _common_pb2.NetIP
    def __init__(self, enabled: _Optional[bool] = ..., listen_addresses: _Optional[_Iterable[_Union[_common_pb2.NetIPPort, _Mapping]]] = ..., service_host_dns_address: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., resolve_member_names: _Optional[bool] = ..., service_host_dns_address_v6: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ...) -> None: ...

class HostnameSpecSpec(_message.Message):
    __slots__ = ("hostname", "domainname", "config_layer")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    DOMAINNAME_FIELD_NUMBER: _ClassVar[int]
    CONFIG_LAYER_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    domainname: str
    config_layer: _enums_pb2.NetworkConfigLayer
    def __init__(self, hostname: _Optional[str] = ..., domainname: _Optional[str] = ..., config_layer: _Optional[_Union[_enums_pb2.NetworkConfigLayer, str]] = ...) -> None: ...

class HostnameStatusSpec(_message.Message):
    __slots__ = ("hostname", "domainname")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    DOMAINNAME_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    domainname: str
    def __init__(self, hostname: _Optional[str] = ..., domainname: _Optional[str] = ...) -> None: ...

class LinkAliasSpecSpec(_message.Message):
    __slots__ = ("alias",)
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    alias: str
    def __init__(self, alias: _Optional[str] = ...) -> None: ...

class LinkRefreshSpec(_message.Message):
    __slots__ = ("generation",)
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    generation: int
    def __init__(self, generation: _Optional[int] = ...) -> None: ...

class LinkSpecSpec(_message.Message):
    __slots__ = ("name", "logical", "up", "mtu", "kind", "type", "parent_name", "bond_slave", "bridge_slave", "vlan", "bond_master", "bridge_master", "wireguard", "config_layer", "hardware_address", "multicast", "vrf_master", "vrf_slave", "veth")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LOGICAL_FIELD_NUMBER: _ClassVar[int]
    UP_FIELD_NUMBER: _ClassVar[int]
    MTU_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PARENT_NAME_FIELD_NUMBER: _ClassVar[int]
    BOND_SLAVE_FIELD_NUMBER: _ClassVar[int]
    BRIDGE_SLAVE_FIELD_NUMBER: _ClassVar[int]
    VLAN_FIELD_NUMBER: _ClassVar[int]
    BOND_MASTER_FIELD_NUMBER: _ClassVar[int]
    BRIDGE_MASTER_FIELD_NUMBER: _ClassVar[int]
    WIREGUARD_FIELD_NUMBER: _ClassVar[int]
    CONFIG_LAYER_FIELD_NUMBER: _ClassVar[int]
    HARDWARE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    MULTICAST_FIELD_NUMBER: _ClassVar[int]
    VRF_MASTER_FIELD_NUMBER: _ClassVar[int]
    VRF_SLAVE_FIELD_NUMBER: _ClassVar[int]
    VETH_FIELD_NUMBER: _ClassVar[int]
    name: str
    logical: bool
    up: bool
    mtu: int
    kind: str
    type: _enums_pb2.NethelpersLinkType
    parent_name: str
    bond_slave: BondSlave
    bridge_slave: BridgeSlave
    vlan: VLANSpec
    bond_master: BondMasterSpec
    bridge_master: BridgeMasterSpec
    wireguard: WireguardSpec
    config_layer: _enums_pb2.NetworkConfigLayer
    hardware_address: bytes
    multicast: bool
    vrf_master: VRFMasterSpec
    vrf_slave: VRFSlave
    veth: VethSpec
    def __init__(self, name: _Optional[str] = ..., logical: _Optional[bool] = ..., up: _Optional[bool] = ..., mtu: _Optional[int] = ..., kind: _Optional[str] = ..., type: _Optional[_Union[_enums_pb2.NethelpersLinkType, str]] = ..., parent_name: _Optional[str] = ..., bond_slave: _Optional[_Union[BondSlave, _Mapping]] = ..., bridge_slave: _Optional[_Union[BridgeSlave, _Mapping]] = ..., vlan: _Optional[_Union[VLANSpec, _Mapping]] = ..., bond_master: _Optional[_Union[BondMasterSpec, _Mapping]] = ..., bridge_master: _Optional[_Union[BridgeMasterSpec, _Mapping]] = ..., wireguard: _Optional[_Union[WireguardSpec, _Mapping]] = ..., config_layer: _Optional[_Union[_enums_pb2.NetworkConfigLayer, str]] = ..., hardware_address: _Optional[bytes] = ..., multicast: _Optional[bool] = ..., vrf_master: _Optional[_Union[VRFMasterSpec, _Mapping]] = ..., vrf_slave: _Optional[_Union[VRFSlave, _Mapping]] = ..., veth: _Optional[_Union[VethSpec, _Mapping]] = ...) -> None: ...

class LinkStatusSpec(_message.Message):
    __slots__ = ("index", "type", "link_index", "flags", "hardware_addr", "broadcast_addr", "mtu", "queue_disc", "master_index", "operational_state", "kind", "slave_kind", "bus_path", "pciid", "driver", "driver_version", "firmware_version", "product_id", "vendor_id", "product", "vendor", "link_state", "speed_megabits", "port", "duplex", "vlan", "bridge_master", "bond_master", "wireguard", "permanent_addr", "alias", "alt_names", "vrf_master", "veth")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    LINK_INDEX_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    HARDWARE_ADDR_FIELD_NUMBER: _ClassVar[int]
    BROADCAST_ADDR_FIELD_NUMBER: _ClassVar[int]
    MTU_FIELD_NUMBER: _ClassVar[int]
    QUEUE_DISC_FIELD_NUMBER: _ClassVar[int]
    MASTER_INDEX_FIELD_NUMBER: _ClassVar[int]
    OPERATIONAL_STATE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SLAVE_KIND_FIELD_NUMBER: _ClassVar[int]
    BUS_PATH_FIELD_NUMBER: _ClassVar[int]
    PCIID_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    DRIVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    FIRMWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    VENDOR_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    LINK_STATE_FIELD_NUMBER: _ClassVar[int]
    SPEED_MEGABITS_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    DUPLEX_FIELD_NUMBER: _ClassVar[int]
    VLAN_FIELD_NUMBER: _ClassVar[int]
    BRIDGE_MASTER_FIELD_NUMBER: _ClassVar[int]
    BOND_MASTER_FIELD_NUMBER: _ClassVar[int]
    WIREGUARD_FIELD_NUMBER: _ClassVar[int]
    PERMANENT_ADDR_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    ALT_NAMES_FIELD_NUMBER: _ClassVar[int]
    VRF_MASTER_FIELD_NUMBER: _ClassVar[int]
    VETH_FIELD_NUMBER: _ClassVar[int]
    index: int
    type: _enums_pb2.NethelpersLinkType
    link_index: int
    flags: int
    hardware_addr: bytes
    broadcast_addr: bytes
    mtu: int
    queue_disc: str
    master_index: int
    operational_state: _enums_pb2.NethelpersOperationalState
    kind: str
    slave_kind: str
    bus_path: str
    pciid: str
    driver: str
    driver_version: str
    firmware_version: str
    product_id: str
    vendor_id: str
    product: str
    vendor: str
    link_state: bool
    speed_megabits: int
    port: _enums_pb2.NethelpersPort
    duplex: _enums_pb2.NethelpersDuplex
    vlan: VLANSpec
    bridge_master: BridgeMasterSpec
    bond_master: BondMasterSpec
    wireguard: WireguardSpec
    permanent_addr: bytes
    alias: str
    alt_names: _containers.RepeatedScalarFieldContainer[str]
    vrf_master: VRFMasterSpec
    veth: VethSpec
    def __init__(self, index: _Optional[int] = ..., type: _Optional[_Union[_enums_pb2.NethelpersLinkType, str]] = ..., link_index: _Optional[int] = ..., flags: _Optional[int] = ..., hardware_addr: _Optional[bytes] = ..., broadcast_addr: _Optional[bytes] = ..., mtu: _Optional[int] = ..., queue_disc: _Optional[str] = ..., master_index: _Optional[int] = ..., operational_state: _Optional[_Union[_enums_pb2.NethelpersOperationalState, str]] = ..., kind: _Optional[str] = ..., slave_kind: _Optional[str] = ..., bus_path: _Optional[str] = ..., pciid: _Optional[str] = ..., driver: _Optional[str] = ..., driver_version: _Optional[str] = ..., firmware_version: _Optional[str] = ..., product_id: _Optional[str] = ..., vendor_id: _Optional[str] = ..., product: _Optional[str] = ..., vendor: _Optional[str] = ..., link_state: _Optional[bool] = ..., speed_megabits: _Optional[int] = ..., port: _Optional[_Union[_enums_pb2.NethelpersPort, str]] = ..., duplex: _Optional[_Union[_enums_pb2.NethelpersDuplex, str]] = ..., vlan: _Optional[_Union[VLANSpec, _Mapping]] = ..., bridge_master: _Optional[_Union[BridgeMasterSpec, _Mapping]] = ..., bond_master: _Optional[_Union[BondMasterSpec, _Mapping]] = ..., wireguard: _Optional[_Union[WireguardSpec, _Mapping]] = ..., permanent_addr: _Optional[bytes] = ..., alias: _Optional[str] = ..., alt_names: _Optional[_Iterable[str]] = ..., vrf_master: _Optional[_Union[VRFMasterSpec, _Mapping]] = ..., veth: _Optional[_Union[VethSpec, _Mapping]] = ...) -> None: ...

class NameServerSpec(_message.Message):
    __slots__ = ("addr", "protocol", "tls_server_name")
    ADDR_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    TLS_SERVER_NAME_FIELD_NUMBER: _ClassVar[int]
    addr: _common_pb2.NetIP
    protocol: _enums_pb2.NethelpersDNSProtocol
    tls_server_name: str
    def __init__(self, addr: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., protocol: _Optional[_Union[_enums_pb2.NethelpersDNSProtocol, str]] = ..., tls_server_name: _Optional[str] = ...) -> None: ...

class NfTablesAddressMatch(_message.Message):
    __slots__ = ("include_subnets", "exclude_subnets", "invert")
    INCLUDE_SUBNETS_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_SUBNETS_FIELD_NUMBER: _ClassVar[int]
    INVERT_FIELD_NUMBER: _ClassVar[int]
    include_subnets: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIPPrefix]
    exclude_subnets: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIPPrefix]
    invert: bool
    def __init__(self, include_subnets: _Optional[_Iterable[_Union[_common_pb2.NetIPPrefix, _Mapping]]] = ..., exclude_subnets: _Optional[_Iterable[_Union[_common_pb2.NetIPPrefix, _Mapping]]] = ..., invert: _Optional[bool] = ...) -> None: ...

class NfTablesChainSpec(_message.Message):
    __slots__ = ("type", "hook", "priority", "rules", "policy")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    HOOK_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    type: str
    hook: _enums_pb2.NethelpersNfTablesChainHook
    priority: _enums_pb2.NethelpersNfTablesChainPriority
    rules: _containers.RepeatedCompositeFieldContainer[NfTablesRule]
    policy: _enums_pb2.NethelpersNfTablesVerdict
    def __init__(self, type: _Optional[str] = ..., hook: _Optional[_Union[_enums_pb2.NethelpersNfTablesChainHook, str]] = ..., priority: _Optional[_Union[_enums_pb2.NethelpersNfTablesChainPriority, str]] = ..., rules: _Optional[_Iterable[_Union[NfTablesRule, _Mapping]]] = ..., policy: _Optional[_Union[_enums_pb2.NethelpersNfTablesVerdict, str]] = ...) -> None: ...

class NfTablesClampMSS(_message.Message):
    __slots__ = ("mtu",)
    MTU_FIELD_NUMBER: _ClassVar[int]
    mtu: int
    def __init__(self, mtu: _Optional[int] = ...) -> None: ...

class NfTablesConntrackStateMatch(_message.Message):
    __slots__ = ("states",)
    STATES_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[_enums_pb2.NethelpersConntrackState]
    def __init__(self, states: _Optional[_Iterable[_Union[_enums_pb2.NethelpersConntrackState, str]]] = ...) -> None: ...

class NfTablesICMPTypeMatch(_message.Message):
    __slots__ = ("types",)
    TYPES_FIELD_NUMBER: _ClassVar[int]
    types: _containers.RepeatedScalarFieldContainer[_enums_pb2.NethelpersICMPType]
    def __init__(self, types: _Optional[_Iterable[_Union[_enums_pb2.NethelpersICMPType, str]]] = ...) -> None: ...

class NfTablesIfNameMatch(_message.Message):
    __slots__ = ("operator", "interface_names")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    INTERFACE_NAMES_FIELD_NUMBER: _ClassVar[int]
    operator: _enums_pb2.NethelpersMatchOperator
    interface_names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, operator: _Optional[_Union[_enums_pb2.NethelpersMatchOperator, str]] = ..., interface_names: _Optional[_Iterable[str]] = ...) -> None: ...

class NfTablesLayer4Match(_message.Message):
    __slots__ = ("protocol", "match_source_port", "match_destination_port", "match_icmp_type")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    MATCH_SOURCE_PORT_FIELD_NUMBER: _ClassVar[int]
    MATCH_DESTINATION_PORT_FIELD_NUMBER: _ClassVar[int]
    MATCH_ICMP_TYPE_FIELD_NUMBER: _ClassVar[int]
    protocol: _enums_pb2.NethelpersProtocol
    match_source_port: NfTablesPortMatch
    match_destination_port: NfTablesPortMatch
    match_icmp_type: NfTablesICMPTypeMatch
    def __init__(self, protocol: _Optional[_Union[_enums_pb2.NethelpersProtocol, str]] = ..., match_source_port: _Optional[_Union[NfTablesPortMatch, _Mapping]] = ..., match_destination_port: _Optional[_Union[NfTablesPortMatch, _Mapping]] = ..., match_icmp_type: _Optional[_Union[NfTablesICMPTypeMatch, _Mapping]] = ...) -> None: ...

class NfTablesLimitMatch(_message.Message):
    __slots__ = ("packet_rate_per_second",)
    PACKET_RATE_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    packet_rate_per_second: int
    def __init__(self, packet_rate_per_second: _Optional[int] = ...) -> None: ...

class NfTablesMark(_message.Message):
    __slots__ = ("mask", "xor", "value")
    MASK_FIELD_NUMBER: _ClassVar[int]
    XOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    mask: int
    xor: int
    value: int
    def __init__(self, mask: _Optional[int] = ..., xor: _Optional[int] = ..., value: _Optional[int] = ...) -> None: ...

class NfTablesPortMatch(_message.Message):
    __slots__ = ("ranges",)
    RANGES_FIELD_NUMBER: _ClassVar[int]
    ranges: _containers.RepeatedCompositeFieldContainer[PortRange]
    def __init__(self, ranges: _Optional[_Iterable[_Union[PortRange, _Mapping]]] = ...) -> None: ...

class NfTablesRule(_message.Message):
    __slots__ = ("match_o_if_name", "verdict", "match_mark", "set_mark", "match_source_address", "match_destination_address", "match_layer4", "match_i_if_name", "clamp_mss", "match_limit", "match_conntrack_state", "anon_counter")
    MATCH_O_IF_NAME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    MATCH_MARK_FIELD_NUMBER: _ClassVar[int]
    SET_MARK_FIELD_NUMBER: _ClassVar[int]
    MATCH_SOURCE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    MATCH_DESTINATION_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    MATCH_LAYER4_FIELD_NUMBER: _ClassVar[int]
    MATCH_I_IF_NAME_FIELD_NUMBER: _ClassVar[int]
    CLAMP_MSS_FIELD_NUMBER: _ClassVar[int]
    MATCH_LIMIT_FIELD_NUMBER: _ClassVar[int]
    MATCH_CONNTRACK_STATE_FIELD_NUMBER: _ClassVar[int]
    ANON_COUNTER_FIELD_NUMBER: _ClassVar[int]
    match_o_if_name: NfTablesIfNameMatch
    verdict: _enums_pb2.NethelpersNfTablesVerdict
    match_mark: NfTablesMark
    set_mark: NfTablesMark
    match_source_address: NfTablesAddressMatch
    match_destination_address: NfTablesAddressMatch
    match_layer4: NfTablesLayer4Match
    match_i_if_name: NfTablesIfNameMatch
    clamp_mss: NfTablesClampMSS
    match_limit: NfTablesLimitMatch
    match_conntrack_state: NfTablesConntrackStateMatch
    anon_counter: bool
    def __init__(self, match_o_if_name: _Optional[_Union[NfTablesIfNameMatch, _Mapping]] = ..., verdict: _Optional[_Union[_enums_pb2.NethelpersNfTablesVerdict, str]] = ..., match_mark: _Optional[_Union[NfTablesMark, _Mapping]] = ..., set_mark: _Optional[_Union[NfTablesMark, _Mapping]] = ..., match_source_address: _Optional[_Union[NfTablesAddressMatch, _Mapping]] = ..., match_destination_address: _Optional[_Union[NfTablesAddressMatch, _Mapping]] = ..., match_layer4: _Optional[_Union[NfTablesLayer4Match, _Mapping]] = ..., match_i_if_name: _Optional[_Union[NfTablesIfNameMatch, _Mapping]] = ..., clamp_mss: _Optional[_Union[NfTablesClampMSS, _Mapping]] = ..., match_limit: _Optional[_Union[NfTablesLimitMatch, _Mapping]] = ..., match_conntrack_state: _Optional[_Union[NfTablesConntrackStateMatch, _Mapping]] = ..., anon_counter: _Optional[bool] = ...) -> None: ...

class NodeAddressFilterSpec(_message.Message):
    __slots__ = ("include_subnets", "exclude_subnets")
    INCLUDE_SUBNETS_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_SUBNETS_FIELD_NUMBER: _ClassVar[int]
    include_subnets: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIPPrefix]
    exclude_subnets: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIPPrefix]
    def __init__(self, include_subnets: _Optional[_Iterable[_Union[_common_pb2.NetIPPrefix, _Mapping]]] = ..., exclude_subnets: _Optional[_Iterable[_Union[_common_pb2.NetIPPrefix, _Mapping]]] = ...) -> None: ...

class NodeAddressSortAlgorithmSpec(_message.Message):
    __slots__ = ("algorithm",)
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    algorithm: _enums_pb2.NethelpersAddressSortAlgorithm
    def __init__(self, algorithm: _Optional[_Union[_enums_pb2.NethelpersAddressSortAlgorithm, str]] = ...) -> None: ...

class NodeAddressSpec(_message.Message):
    __slots__ = ("addresses", "sort_algorithm")
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    SORT_ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIPPrefix]
    sort_algorithm: _enums_pb2.NethelpersAddressSortAlgorithm
    def __init__(self, addresses: _Optional[_Iterable[_Union[_common_pb2.NetIPPrefix, _Mapping]]] = ..., sort_algorithm: _Optional[_Union[_enums_pb2.NethelpersAddressSortAlgorithm, str]] = ...) -> None: ...

class OperatorSpecSpec(_message.Message):
    __slots__ = ("operator", "link_name", "require_up", "dhcp4", "dhcp6", "vip", "config_layer")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    LINK_NAME_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_UP_FIELD_NUMBER: _ClassVar[int]
    DHCP4_FIELD_NUMBER: _ClassVar[int]
    DHCP6_FIELD_NUMBER: _ClassVar[int]
    VIP_FIELD_NUMBER: _ClassVar[int]
    CONFIG_LAYER_FIELD_NUMBER: _ClassVar[int]
    operator: _enums_pb2.NetworkOperator
    link_name: str
    require_up: bool
    dhcp4: DHCP4OperatorSpec
    dhcp6: DHCP6OperatorSpec
    vip: VIPOperatorSpec
    config_layer: _enums_pb2.NetworkConfigLayer
    def __init__(self, operator: _Optional[_Union[_enums_pb2.NetworkOperator, str]] = ..., link_name: _Optional[str] = ..., require_up: _Optional[bool] = ..., dhcp4: _Optional[_Union[DHCP4OperatorSpec, _Mapping]] = ..., dhcp6: _Optional[_Union[DHCP6OperatorSpec, _Mapping]] = ..., vip: _Optional[_Union[VIPOperatorSpec, _Mapping]] = ..., config_layer: _Optional[_Union[_enums_pb2.NetworkConfigLayer, str]] = ...) -> None: ...

class PlatformConfigSpec(_message.Message):
    __slots__ = ("addresses", "links", "routes", "hostnames", "resolvers", "time_servers", "operators", "external_ips", "probes", "metadata")
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    ROUTES_FIELD_NUMBER: _ClassVar[int]
    HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    RESOLVERS_FIELD_NUMBER: _ClassVar[int]
    TIME_SERVERS_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_IPS_FIELD_NUMBER: _ClassVar[int]
    PROBES_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedCompositeFieldContainer[AddressSpecSpec]
    links: _containers.RepeatedCompositeFieldContainer[LinkSpecSpec]
    routes: _containers.RepeatedCompositeFieldContainer[RouteSpecSpec]
    hostnames: _containers.RepeatedCompositeFieldContainer[HostnameSpecSpec]
    resolvers: _containers.RepeatedCompositeFieldContainer[ResolverSpecSpec]
    time_servers: _containers.RepeatedCompositeFieldContainer[TimeServerSpecSpec]
    operators: _containers.RepeatedCompositeFieldContainer[OperatorSpecSpec]
    external_ips: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIP]
    probes: _containers.RepeatedCompositeFieldContainer[ProbeSpecSpec]
    metadata: _runtime_pb2.PlatformMetadataSpec
    def __init__(self, addresses: _Optional[_Iterable[_Union[AddressSpecSpec, _Mapping]]] = ..., links: _Optional[_Iterable[_Union[LinkSpecSpec, _Mapping]]] = ..., routes: _Optional[_Iterable[_Union[RouteSpecSpec, _Mapping]]] = ..., hostnames: _Optional[_Iterable[_Union[HostnameSpecSpec, _Mapping]]] = ..., resolvers: _Optional[_Iterable[_Union[ResolverSpecSpec, _Mapping]]] = ..., time_servers: _Optional[_Iterable[_Union[TimeServerSpecSpec, _Mapping]]] = ..., operators: _Optional[_Iterable[_Union[OperatorSpecSpec, _Mapping]]] = ..., external_ips: _Optional[_Iterable[_Union[_common_pb2.NetIP, _Mapping]]] = ..., probes: _Optional[_Iterable[_Union[ProbeSpecSpec, _Mapping]]] = ..., metadata: _Optional[_Union[_runtime_pb2.PlatformMetadataSpec, _Mapping]] = ...) -> None: ...

class PortRange(_message.Message):
    __slots__ = ("lo", "hi")
    LO_FIELD_NUMBER: _ClassVar[int]
    HI_FIELD_NUMBER: _ClassVar[int]
    lo: int
    hi: int
    def __init__(self, lo: _Optional[int] = ..., hi: _Optional[int] = ...) -> None: ...

class ProbeSpecSpec(_message.Message):
    __slots__ = ("interval", "failure_threshold", "tcp", "config_layer", "http")
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    FAILURE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    TCP_FIELD_NUMBER: _ClassVar[int]
    CONFIG_LAYER_FIELD_NUMBER: _ClassVar[int]
    HTTP_FIELD_NUMBER: _ClassVar[int]
    interval: _duration_pb2.Duration
    failure_threshold: int
    tcp: TCPProbeSpec
    config_layer: _enums_pb2.NetworkConfigLayer
    http: HTTPProbeSpec
    def __init__(self, interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., failure_threshold: _Optional[int] = ..., tcp: _Optional[_Union[TCPProbeSpec, _Mapping]] = ..., config_layer: _Optional[_Union[_enums_pb2.NetworkConfigLayer, str]] = ..., http: _Optional[_Union[HTTPProbeSpec, _Mapping]] = ...) -> None: ...

class ProbeStatusSpec(_message.Message):
    __slots__ = ("success", "last_error")
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    success: bool
    last_error: str
    def __init__(self, success: _Optional[bool] = ..., last_error: _Optional[str] = ...) -> None: ...

class ResolverSpecSpec(_message.Message):
    __slots__ = ("dns_servers", "config_layer", "search_domains", "name_servers", "search_domains_overridden")
    DNS_SERVERS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_LAYER_FIELD_NUMBER: _ClassVar[int]
    SEARCH_DOMAINS_FIELD_NUMBER: _ClassVar[int]
    NAME_SERVERS_FIELD_NUMBER: _ClassVar[int]
    SEARCH_DOMAINS_OVERRIDDEN_FIELD_NUMBER: _ClassVar[int]
    dns_servers: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIP]
    config_layer: _enums_pb2.NetworkConfigLayer
    search_domains: _containers.RepeatedScalarFieldContainer[str]
    name_servers: _containers.RepeatedCompositeFieldContainer[NameServerSpec]
    search_domains_overridden: bool
    def __init__(self, dns_servers: _Optional[_Iterable[_Union[_common_pb2.NetIP, _Mapping]]] = ..., config_layer: _Optional[_Union[_enums_pb2.NetworkConfigLayer, str]] = ..., search_domains: _Optional[_Iterable[str]] = ..., name_servers: _Optional[_Iterable[_Union[NameServerSpec, _Mapping]]] = ..., search_domains_overridden: _Optional[bool] = ...) -> None: ...

class ResolverStatusSpec(_message.Message):
    __slots__ = ("dns_servers", "search_domains", "name_servers")
    DNS_SERVERS_FIELD_NUMBER: _ClassVar[int]
    SEARCH_DOMAINS_FIELD_NUMBER: _ClassVar[int]
    NAME_SERVERS_FIELD_NUMBER: _ClassVar[int]
    dns_servers: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIP]
    search_domains: _containers.RepeatedScalarFieldContainer[str]
    name_servers: _containers.RepeatedCompositeFieldContainer[NameServerSpec]
    def __init__(self, dns_servers: _Optional[_Iterable[_Union[_common_pb2.NetIP, _Mapping]]] = ..., search_domains: _Optional[_Iterable[str]] = ..., name_servers: _Optional[_Iterable[_Union[NameServerSpec, _Mapping]]] = ...) -> None: ...

class RouteNextHop(_message.Message):
    __slots__ = ("gateway", "out_link_name", "weight")
    GATEWAY_FIELD_NUMBER: _ClassVar[int]
    OUT_LINK_NAME_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    gateway: _common_pb2.NetIP
    out_link_name: str
    weight: int
    def __init__(self, gateway: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., out_link_name: _Optional[str] = ..., weight: _Optional[int] = ...) -> None: ...

class RouteSpecSpec(_message.Message):
    __slots__ = ("family", "destination", "source", "gateway", "out_link_name", "table", "priority", "scope", "type", "flags", "protocol", "config_layer", "mtu", "next_hops")
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_FIELD_NUMBER: _ClassVar[int]
    OUT_LINK_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    CONFIG_LAYER_FIELD_NUMBER: _ClassVar[int]
    MTU_FIELD_NUMBER: _ClassVar[int]
    NEXT_HOPS_FIELD_NUMBER: _ClassVar[int]
    family: _enums_pb2.NethelpersFamily
    destination: _common_pb2.NetIPPrefix
    source: _common_pb2.NetIP
    gateway: _common_pb2.NetIP
    out_link_name: str
    table: _enums_pb2.NethelpersRoutingTable
    priority: int
    scope: _enums_pb2.NethelpersScope
    type: _enums_pb2.NethelpersRouteType
    flags: int
    protocol: _enums_pb2.NethelpersRouteProtocol
    config_layer: _enums_pb2.NetworkConfigLayer
    mtu: int
    next_hops: _containers.RepeatedCompositeFieldContainer[RouteNextHop]
    def __init__(self, family: _Optional[_Union[_enums_pb2.NethelpersFamily, str]] = ..., destination: _Optional[_Union[_common_pb2.NetIPPrefix, _Mapping]] = ..., source: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., gateway: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., out_link_name: _Optional[str] = ..., table: _Optional[_Union[_enums_pb2.NethelpersRoutingTable, str]] = ..., priority: _Optional[int] = ..., scope: _Optional[_Union[_enums_pb2.NethelpersScope, str]] = ..., type: _Optional[_Union[_enums_pb2.NethelpersRouteType, str]] = ..., flags: _Optional[int] = ..., protocol: _Optional[_Union[_enums_pb2.NethelpersRouteProtocol, str]] = ..., config_layer: _Optional[_Union[_enums_pb2.NetworkConfigLayer, str]] = ..., mtu: _Optional[int] = ..., next_hops: _Optional[_Iterable[_Union[RouteNextHop, _Mapping]]] = ...) -> None: ...

class RouteStatusSpec(_message.Message):
    __slots__ = ("family", "destination", "source", "gateway", "out_link_index", "out_link_name", "table", "priority", "scope", "type", "flags", "protocol", "mtu", "next_hops")
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_FIELD_NUMBER: _ClassVar[int]
    OUT_LINK_INDEX_FIELD_NUMBER: _ClassVar[int]
    OUT_LINK_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    MTU_FIELD_NUMBER: _ClassVar[int]
    NEXT_HOPS_FIELD_NUMBER: _ClassVar[int]
    family: _enums_pb2.NethelpersFamily
    destination: _common_pb2.NetIPPrefix
    source: _common_pb2.NetIP
    gateway: _common_pb2.NetIP
    out_link_index: int
    out_link_name: str
    table: _enums_pb2.NethelpersRoutingTable
    priority: int
    scope: _enums_pb2.NethelpersScope
    type: _enums_pb2.NethelpersRouteType
    flags: int
    protocol: _enums_pb2.NethelpersRouteProtocol
    mtu: int
    next_hops: _containers.RepeatedCompositeFieldContainer[RouteNextHop]
    def __init__(self, family: _Optional[_Union[_enums_pb2.NethelpersFamily, str]] = ..., destination: _Optional[_Union[_common_pb2.NetIPPrefix, _Mapping]] = ..., source: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., gateway: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., out_link_index: _Optional[int] = ..., out_link_name: _Optional[str] = ..., table: _Optional[_Union[_enums_pb2.NethelpersRoutingTable, str]] = ..., priority: _Optional[int] = ..., scope: _Optional[_Union[_enums_pb2.NethelpersScope, str]] = ..., type: _Optional[_Union[_enums_pb2.NethelpersRouteType, str]] = ..., flags: _Optional[int] = ..., protocol: _Optional[_Union[_enums_pb2.NethelpersRouteProtocol, str]] = ..., mtu: _Optional[int] = ..., next_hops: _Optional[_Iterable[_Union[RouteNextHop, _Mapping]]] = ...) -> None: ...

class RoutingRuleSpecSpec(_message.Message):
    __slots__ = ("family", "src", "dst", "table", "priority", "action", "iif_name", "oif_name", "fw_mark", "fw_mask", "config_layer")
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    SRC_FIELD_NUMBER: _ClassVar[int]
    DST_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    IIF_NAME_FIELD_NUMBER: _ClassVar[int]
    OIF_NAME_FIELD_NUMBER: _ClassVar[int]
    FW_MARK_FIELD_NUMBER: _ClassVar[int]
    FW_MASK_FIELD_NUMBER: _ClassVar[int]
    CONFIG_LAYER_FIELD_NUMBER: _ClassVar[int]
    family: _enums_pb2.NethelpersFamily
    src: _common_pb2.NetIPPrefix
    dst: _common_pb2.NetIPPrefix
    table: _enums_pb2.NethelpersRoutingTable
    priority: int
    action: _enums_pb2.NethelpersRoutingRuleAction
    iif_name: str
    oif_name: str
    fw_mark: int
    fw_mask: int
    config_layer: _enums_pb2.NetworkConfigLayer
    def __init__(self, family: _Optional[_Union[_enums_pb2.NethelpersFamily, str]] = ..., src: _Optional[_Union[_common_pb2.NetIPPrefix, _Mapping]] = ..., dst: _Optional[_Union[_common_pb2.NetIPPrefix, _Mapping]] = ..., table: _Optional[_Union[_enums_pb2.NethelpersRoutingTable, str]] = ..., priority: _Optional[int] = ..., action: _Optional[_Union[_enums_pb2.NethelpersRoutingRuleAction, str]] = ..., iif_name: _Optional[str] = ..., oif_name: _Optional[str] = ..., fw_mark: _Optional[int] = ..., fw_mask: _Optional[int] = ..., config_layer: _Optional[_Union[_enums_pb2.NetworkConfigLayer, str]] = ...) -> None: ...

class RoutingRuleStatusSpec(_message.Message):
    __slots__ = ("family", "src", "dst", "table", "priority", "action", "iif_name", "oif_name", "fw_mark", "fw_mask")
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    SRC_FIELD_NUMBER: _ClassVar[int]
    DST_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    IIF_NAME_FIELD_NUMBER: _ClassVar[int]
    OIF_NAME_FIELD_NUMBER: _ClassVar[int]
    FW_MARK_FIELD_NUMBER: _ClassVar[int]
    FW_MASK_FIELD_NUMBER: _ClassVar[int]
    family: _enums_pb2.NethelpersFamily
    src: _common_pb2.NetIPPrefix
    dst: _common_pb2.NetIPPrefix
    table: _enums_pb2.NethelpersRoutingTable
    priority: int
    action: _enums_pb2.NethelpersRoutingRuleAction
    iif_name: str
    oif_name: str
    fw_mark: int
    fw_mask: int
    def __init__(self, family: _Optional[_Union[_enums_pb2.NethelpersFamily, str]] = ..., src: _Optional[_Union[_common_pb2.NetIPPrefix, _Mapping]] = ..., dst: _Optional[_Union[_common_pb2.NetIPPrefix, _Mapping]] = ..., table: _Optional[_Union[_enums_pb2.NethelpersRoutingTable, str]] = ..., priority: _Optional[int] = ..., action: _Optional[_Union[_enums_pb2.NethelpersRoutingRuleAction, str]] = ..., iif_name: _Optional[str] = ..., oif_name: _Optional[str] = ..., fw_mark: _Optional[int] = ..., fw_mask: _Optional[int] = ...) -> None: ...

class STPSpec(_message.Message):
    __slots__ = ("enabled",)
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    def __init__(self, enabled: _Optional[bool] = ...) -> None: ...

class StaticHostSpec(_message.Message):
    __slots__ = ("addresses",)
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIP]
    def __init__(self, addresses: _Optional[_Iterable[_Union[_common_pb2.NetIP, _Mapping]]] = ...) -> None: ...

class StatusSpec(_message.Message):
    __slots__ = ("address_ready", "connectivity_ready", "hostname_ready", "etc_files_ready")
    ADDRESS_READY_FIELD_NUMBER: _ClassVar[int]
    CONNECTIVITY_READY_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_READY_FIELD_NUMBER: _ClassVar[int]
    ETC_FILES_READY_FIELD_NUMBER: _ClassVar[int]
    address_ready: bool
    connectivity_ready: bool
    hostname_ready: bool
    etc_files_ready: bool
    def __init__(self, address_ready: _Optional[bool] = ..., connectivity_ready: _Optional[bool] = ..., hostname_ready: _Optional[bool] = ..., etc_files_ready: _Optional[bool] = ...) -> None: ...

class TCPProbeSpec(_message.Message):
    __slots__ = ("endpoint", "timeout")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    timeout: _duration_pb2.Duration
    def __init__(self, endpoint: _Optional[str] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class TimeServerSpecSpec(_message.Message):
    __slots__ = ("ntp_servers", "config_layer", "use_nts")
    NTP_SERVERS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_LAYER_FIELD_NUMBER: _ClassVar[int]
    USE_NTS_FIELD_NUMBER: _ClassVar[int]
    ntp_servers: _containers.RepeatedScalarFieldContainer[str]
    config_layer: _enums_pb2.NetworkConfigLayer
    use_nts: bool
    def __init__(self, ntp_servers: _Optional[_Iterable[str]] = ..., config_layer: _Optional[_Union[_enums_pb2.NetworkConfigLayer, str]] = ..., use_nts: _Optional[bool] = ...) -> None: ...

class TimeServerStatusSpec(_message.Message):
    __slots__ = ("ntp_servers", "use_nts")
    NTP_SERVERS_FIELD_NUMBER: _ClassVar[int]
    USE_NTS_FIELD_NUMBER: _ClassVar[int]
    ntp_servers: _containers.RepeatedScalarFieldContainer[str]
    use_nts: bool
    def __init__(self, ntp_servers: _Optional[_Iterable[str]] = ..., use_nts: _Optional[bool] = ...) -> None: ...

class VIPEquinixMetalSpec(_message.Message):
    __slots__ = ("project_id", "device_id", "api_token")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    API_TOKEN_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    device_id: str
    api_token: str
    def __init__(self, project_id: _Optional[str] = ..., device_id: _Optional[str] = ..., api_token: _Optional[str] = ...) -> None: ...

class VIPHCloudSpec(_message.Message):
    __slots__ = ("device_id", "network_id", "api_token")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    API_TOKEN_FIELD_NUMBER: _ClassVar[int]
    device_id: int
    network_id: int
    api_token: str
    def __init__(self, device_id: _Optional[int] = ..., network_id: _Optional[int] = ..., api_token: _Optional[str] = ...) -> None: ...

class VIPOperatorSpec(_message.Message):
    __slots__ = ("ip", "gratuitous_arp", "equinix_metal", "h_cloud")
    IP_FIELD_NUMBER: _ClassVar[int]
    GRATUITOUS_ARP_FIELD_NUMBER: _ClassVar[int]
    EQUINIX_METAL_FIELD_NUMBER: _ClassVar[int]
    H_CLOUD_FIELD_NUMBER: _ClassVar[int]
    ip: _common_pb2.NetIP
    gratuitous_arp: bool
    equinix_metal: VIPEquinixMetalSpec
    h_cloud: VIPHCloudSpec
    def __init__(self, ip: _Optional[_Union[_common_pb2.NetIP, _Mapping]] = ..., gratuitous_arp: _Optional[bool] = ..., equinix_metal: _Optional[_Union[VIPEquinixMetalSpec, _Mapping]] = ..., h_cloud: _Optional[_Union[VIPHCloudSpec, _Mapping]] = ...) -> None: ...

class VLANSpec(_message.Message):
    __slots__ = ("vid", "protocol")
    VID_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    vid: int
    protocol: _enums_pb2.NethelpersVLANProtocol
    def __init__(self, vid: _Optional[int] = ..., protocol: _Optional[_Union[_enums_pb2.NethelpersVLANProtocol, str]] = ...) -> None: ...

class VRFMasterSpec(_message.Message):
    __slots__ = ("table",)
    TABLE_FIELD_NUMBER: _ClassVar[int]
    table: _enums_pb2.NethelpersRoutingTable
    def __init__(self, table: _Optional[_Union[_enums_pb2.NethelpersRoutingTable, str]] = ...) -> None: ...

class VRFSlave(_message.Message):
    __slots__ = ("master_name",)
    MASTER_NAME_FIELD_NUMBER: _ClassVar[int]
    master_name: str
    def __init__(self, master_name: _Optional[str] = ...) -> None: ...

class VethSpec(_message.Message):
    __slots__ = ("peer_name",)
    PEER_NAME_FIELD_NUMBER: _ClassVar[int]
    peer_name: str
    def __init__(self, peer_name: _Optional[str] = ...) -> None: ...

class WireguardPeer(_message.Message):
    __slots__ = ("public_key", "preshared_key", "endpoint", "persistent_keepalive_interval", "allowed_ips")
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    PRESHARED_KEY_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    PERSISTENT_KEEPALIVE_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_IPS_FIELD_NUMBER: _ClassVar[int]
    public_key: str
    preshared_key: str
    endpoint: str
    persistent_keepalive_interval: _duration_pb2.Duration
    allowed_ips: _containers.RepeatedCompositeFieldContainer[_common_pb2.NetIPPrefix]
    def __init__(self, public_key: _Optional[str] = ..., preshared_key: _Optional[str] = ..., endpoint: _Optional[str] = ..., persistent_keepalive_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., allowed_ips: _Optional[_Iterable[_Union[_common_pb2.NetIPPrefix, _Mapping]]] = ...) -> None: ...

class WireguardSpec(_message.Message):
    __slots__ = ("private_key", "public_key", "listen_port", "firewall_mark", "peers")
    PRIVATE_KEY_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    LISTEN_PORT_FIELD_NUMBER: _ClassVar[int]
    FIREWALL_MARK_FIELD_NUMBER: _ClassVar[int]
    PEERS_FIELD_NUMBER: _ClassVar[int]
    private_key: str
    public_key: str
    listen_port: int
    firewall_mark: int
    peers: _containers.RepeatedCompositeFieldContainer[WireguardPeer]
    def __init__(self, private_key: _Optional[str] = ..., public_key: _Optional[str] = ..., listen_port: _Optional[int] = ..., firewall_mark: _Optional[int] = ..., peers: _Optional[_Iterable[_Union[WireguardPeer, _Mapping]]] = ...) -> None: ...
