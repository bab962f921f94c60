"""Where a configuration may come from before anybody applies one, and how far that is."""

import enum
from collections.abc import Iterable, Mapping
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec

EMBEDDED, EARLY, PLATFORM, INLINE = "embedded", "early", "platform", "inline"
ORDER = (EMBEDDED, EARLY, PLATFORM, INLINE)  # behaviours, 3; STATE is before them all
HANDED_ID = "handed"


class SourceState(enum.Enum):
    """UNREAD: nobody asked. WAITING: for the network, or for the value of a variable.

    FOUND: it has a configuration, whose turn has not come, or never will. COMPLETE, PARTIAL: it is
    in force; a partial one does not make a node of the machine.
    """

    UNREAD = "unread"
    WAITING = "waiting"
    ASKING = "asking"
    FAILED = "failed"
    ABSENT = "absent"
    FOUND = "found"
    PARTIAL = "partial"
    COMPLETE = "complete"


class ConfigSource(Spec, frozen=True, kw_only=True):
    """Kind of ours. detail: what is asked, or what is wrong. remote: by the network.

    tries: how many times it was asked.
    """

    definition: ClassVar[Definition] = Definition(
        type="ConfigSources.ichor.dev",
        namespace="config",
        aliases=("configsource", "configsources"),
        columns={"State": "{.state}", "Tries": "{.tries}", "Detail": "{.detail}"},
    )
    state: SourceState
    detail: str = ""
    tries: int = 0
    remote: bool = False


class HandedConfig(Spec, frozen=True, kw_only=True):
    """Kind of ours, never on the wire: what is there before anything is asked.

    embedded: the image's own configuration. arguments: of the kernel's sort, from the firmware.
    """

    definition: ClassVar[Definition] = Definition(
        type="HandedConfigs.ichor.dev", namespace="config", sensitive=True
    )
    embedded: bytes = b""
    arguments: Mapping[str, str] = {}


def is_sought(sources: Iterable[ConfigSource]) -> bool:
    """Say whether a server is being asked for it, so that nobody else is to give one."""
    under_way = {SourceState.WAITING, SourceState.ASKING, SourceState.FAILED}
    return any(one.remote and one.state in under_way for one in sources)
