"""The security profile. Workload isolation is not there yet: only false is accepted."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ichor.config.document import Document, Fault
from ichor.config.field import ALWAYS


class SecurityProfileConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "SecurityProfileConfig"

    workload_isolation: Annotated[bool, ALWAYS] = False

    def faults(self) -> Iterator[Fault]:
        if self.workload_isolation:
            yield Fault("workloadIsolation", "true is known, not supported yet", "write false")
