"""What the card says: modes, rings, channels, features."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty, Part
from ichor.resources.network.link_kinds import Duplex, Port, WOLMode


class EthernetRingsStatus(Part, frozen=True, kw_only=True, rename="kebab"):
    rx_max: OmitEmpty[int] = 0
    rx_mini_max: OmitEmpty[int] = 0
    rx_jumbo_max: OmitEmpty[int] = 0
    tx_max: OmitEmpty[int] = 0
    tx_push_buf_len_max: OmitEmpty[int] = 0
    rx: OmitEmpty[int] = 0
    rx_mini: OmitEmpty[int] = 0
    rx_jumbo: OmitEmpty[int] = 0
    tx: OmitEmpty[int] = 0
    rx_buf_len: OmitEmpty[int] = 0
    cqe_size: OmitEmpty[int] = 0
    tx_push: OmitEmpty[bool] = False
    rx_push: OmitEmpty[bool] = False
    tx_push_buf_len: OmitEmpty[int] = 0
    tcp_data_split: OmitEmpty[bool] = False


class EthernetFeatureStatus(Part, frozen=True, kw_only=True):
    name: str = ""
    status: str = ""


class EthernetChannelsStatus(Part, frozen=True, kw_only=True, rename="kebab"):
    rx_max: OmitEmpty[int] = 0
    tx_max: OmitEmpty[int] = 0
    other_max: OmitEmpty[int] = 0
    combined_max: OmitEmpty[int] = 0
    rx: OmitEmpty[int] = 0
    tx: OmitEmpty[int] = 0
    other: OmitEmpty[int] = 0
    combined: OmitEmpty[int] = 0


class EthernetStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="EthernetStatuses.net.talos.dev",
        namespace="network",
        aliases=("ethtool", "ethernetstatus", "es"),
        columns={"Link": "{.linkState}", "Speed": "{.speedMbit}"},
    )
    link_state: OmitEmpty[bool] = False
    speed_mbit: OmitEmpty[int] = 0
    port: Port = Port.TWISTED_PAIR
    duplex: Duplex = Duplex.HALF
    our_modes: OmitEmpty[tuple[str, ...]] = ()
    peer_modes: OmitEmpty[tuple[str, ...]] = ()
    rings: OmitEmpty[EthernetRingsStatus | None] = None
    features: OmitEmpty[tuple[EthernetFeatureStatus, ...]] = ()
    channels: OmitEmpty[EthernetChannelsStatus | None] = None
    wake_on_lan: OmitEmpty[tuple[WOLMode, ...]] = field(default=(), name="wakeOnLAN")
