"""One line of /etc/hosts: the name of the document is the address."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ichor.config.document import Fault, Named
from ichor.config.field import DNS, is_ip


class StaticHostConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "StaticHostConfig"

    hostnames: tuple[Annotated[str, DNS], ...]

    def faults(self) -> Iterator[Fault]:
        if not is_ip(self.name):
            yield Fault("name", "expected an IP address")
        if not self.hostnames:
            yield Fault("hostnames", "expected at least one name")
