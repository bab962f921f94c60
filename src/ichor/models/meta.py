"""META as its values."""

from collections.abc import Mapping

from ichor.ports.meta import Drop


def model(observed: Mapping[int, bytes], action: Drop) -> Mapping[int, bytes]:
    return {tag: value for tag, value in observed.items() if tag != action.tag}
