"""What the card is told: rings, channels, features, wake-up."""

from collections.abc import Mapping
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty, Part
from ichor.resources.network.link_kinds import WOLMode


class EthernetRings(Part, frozen=True, kw_only=True, rename="kebab"):
    """0, false: whatever the driver has."""

    rx: OmitEmpty[int] = 0
    tx: OmitEmpty[int] = 0
    rx_mini: OmitEmpty[int] = 0
    rx_jumbo: OmitEmpty[int] = 0
    rx_buf_len: OmitEmpty[int] = 0
    cqe_size: OmitEmpty[int] = 0
    tx_push: OmitEmpty[bool] = False
    rx_push: OmitEmpty[bool] = False
    tx_push_buf_len: OmitEmpty[int] = 0
    tcp_data_split: OmitEmpty[bool] = False


class EthernetChannels(Part, frozen=True, kw_only=True):
    rx: OmitEmpty[int] = 0
    tx: OmitEmpty[int] = 0
    other: OmitEmpty[int] = 0
    combined: OmitEmpty[int] = 0


class EthernetSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="EthernetSpecs.net.talos.dev",
        namespace="network",
        aliases=("ethernetspec", "es"),
    )
    rings: OmitEmpty[EthernetRings | None] = None
    features: OmitEmpty[Mapping[str, bool]] = {}
    channels: OmitEmpty[EthernetChannels | None] = None
    wake_on_lan: OmitEmpty[tuple[WOLMode, ...]] = ()
