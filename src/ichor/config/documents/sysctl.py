"""Kernel parameters. In a container only those of its own namespaces (net.*) can be set."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from ichor.config.document import Document, Fault
from ichor.config.field import ALWAYS

_KEY = re.compile(r"[a-zA-Z0-9_-]+([./][a-zA-Z0-9_:@-]+)+", re.ASCII)


class SysctlConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "SysctlConfig"

    params: Annotated[Mapping[str, str], ALWAYS] = {}

    def faults(self) -> Iterator[Fault]:
        for key in self.params:
            if not _KEY.fullmatch(key):
                yield Fault(f"params.{key}", "expected a parameter such as net.ipv4.ip_forward")
