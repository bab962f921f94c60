"""What a dashboard shows, and how keys change it.

| key | does |
|---|---|
| F1, 1; F2, 2; F3, 3 | summary, monitor, log |
| left, right, h, l | another node |
| up, down, k, j, page up, page down | through the log |
| c, m | processes by processor, by memory |
| q, Ctrl-C | the end, except on a node's own screen |
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ichor.dashboard.seen import Seen


class Screen(enum.Enum):
    SUMMARY = "Summary"
    MONITOR = "Monitor"
    LOG = "Log"


class Sort(enum.Enum):
    CPU = "cpu"
    MEMORY = "memory"


class State(Struct, frozen=True, kw_only=True):
    """chosen: which of the nodes. scroll: lines of the log that are below the screen.

    is_own: a node's own screen, where nobody can leave.
    """

    nodes: Sequence[Seen]
    chosen: int = 0
    screen: Screen = Screen.SUMMARY
    sort: Sort = Sort.CPU
    scroll: int = 0
    is_own: bool = False

    @property
    def node(self) -> Seen:
        return self.nodes[self.chosen]


_SCREENS: Final[Mapping[str, Screen]] = {
    name: screen for number, screen in enumerate(Screen, 1) for name in (str(number), f"f{number}")
}
_STEPS: Final = {"left": -1, "h": -1, "right": 1, "l": 1}
_SCROLLS: Final = {"up": 1, "k": 1, "down": -1, "j": -1, "pageup": 20, "pagedown": -20}
_SORTS: Final = {"c": Sort.CPU, "m": Sort.MEMORY}
_LEAVING: Final = frozenset({"q", "ctrl-c"})


def pressed(state: State, key: str) -> State | None:
    """Give what a key makes of it; None for the end. A key without a meaning changes nothing."""
    if key in _LEAVING and not state.is_own:
        return None
    if key in _SCREENS:
        return replace(state, screen=_SCREENS[key])
    if key in _STEPS:
        return replace(state, chosen=(state.chosen + _STEPS[key]) % len(state.nodes), scroll=0)
    if key in _SCROLLS:
        most = max(0, len(state.node.log) - 1)
        return replace(state, scroll=min(most, max(0, state.scroll + _SCROLLS[key])))
    return replace(state, sort=_SORTS[key]) if key in _SORTS else state
