"""Whose time the clock follows. Without a document, or without servers, nobody is asked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Fault, Part
from ichor.config.field import SAN, Check

PTP = Check(
    "a device such as /dev/ptp0",
    lambda text: text.startswith("/dev/ptp") and text.removeprefix("/dev/ptp").isdigit(),
)


class Ntp(Part, frozen=True, kw_only=True):
    servers: tuple[Annotated[str, SAN], ...] = ()
    use_nts: bool = field(name="useNTS", default=False)

    def faults(self) -> Iterator[Fault]:
        if self.use_nts:
            yield Fault("useNTS", "true is known, not supported yet", "remove the field")


class Ptp(Part, frozen=True, kw_only=True):
    devices: tuple[Annotated[str, PTP], ...] = ()


class TimeSyncConfig(Document, frozen=True, kw_only=True):
    """boot_timeout: when a node goes on as if the time were right; None for never."""

    KIND: ClassVar[str] = "TimeSyncConfig"

    enabled: bool = True
    boot_timeout: timedelta | None = None
    ntp: Ntp = field(default_factory=Ntp)
    ptp: Ptp = field(default_factory=Ptp)

    def faults(self) -> Iterator[Fault]:
        if self.boot_timeout is not None and self.boot_timeout <= timedelta():
            yield Fault("bootTimeout", "expected a duration above zero")
