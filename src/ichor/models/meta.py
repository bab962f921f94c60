"""META as its values."""

from collections.abc import Mapping

from ichor.formats.meta import without
from ichor.ports.meta import Drop


def model(observed: Mapping[int, bytes], action: Drop) -> Mapping[int, bytes]:
    return without(observed, action.tag)
