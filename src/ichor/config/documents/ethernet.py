"""What the card of a link is told: features, rings, channels, on what to wake up.

Names of features are the kernel's (net/ethtool/common.c). What is left out stays as the driver has
it; what a document had and no longer has stays until the next boot.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import field

from ichor.config.document import Fault, Named, Part
from ichor.config.field import LINK, Range

Count = Annotated[int, Range(1, (1 << 32) - 1)]
WakeMode = Literal[
    "phy", "unicast", "multicast", "broadcast", "arp", "magic", "magicsecure", "filter"
]


class EthernetRings(Part, frozen=True, kw_only=True, rename="kebab"):
    rx: Count | None = None
    tx: Count | None = None
    rx_mini: Count | None = None
    rx_jumbo: Count | None = None
    rx_buf_len: Count | None = None
    cqe_size: Count | None = None
    tx_push: bool | None = None
    rx_push: bool | None = None
    tx_push_buf_len: Count | None = None
    tcp_data_split: bool | None = None

    def faults(self) -> Iterator[Fault]:
        """What the card is told has no word for «off» (EthernetSpecs: a false is left out)."""
        for name, value in (
            ("tx-push", self.tx_push),
            ("rx-push", self.rx_push),
            ("tcp-data-split", self.tcp_data_split),
        ):
            if value is False:
                yield Fault(name, "false is known, not supported yet", "remove the field")


class EthernetChannels(Part, frozen=True, kw_only=True):
    rx: Count | None = None
    tx: Count | None = None
    other: Count | None = None
    combined: Count | None = None


class EthernetConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "EthernetConfig"

    name: Annotated[str, LINK]
    features: Mapping[str, bool] = field(default_factory=dict)
    rings: EthernetRings = field(default_factory=EthernetRings)
    channels: EthernetChannels = field(default_factory=EthernetChannels)
    wake_on_lan: tuple[WakeMode, ...] = ()

    def faults(self) -> Iterator[Fault]:
        if "arp" in self.wake_on_lan:
            yield Fault("wakeOnLan", "arp is known, not supported yet", "use magic")
