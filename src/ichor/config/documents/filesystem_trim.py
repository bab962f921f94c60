"""How often mounted filesystems are trimmed. Containers have no disk of their own: skipped."""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from ichor.config.document import Document, Fault


class FilesystemTrimConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "FilesystemTrimConfig"

    interval: timedelta | None = None

    def faults(self) -> Iterator[Fault]:
        if self.interval is not None and self.interval <= timedelta():
            yield Fault("interval", "expected a duration above zero")
