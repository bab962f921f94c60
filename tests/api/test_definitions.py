"""What clients are told there is."""

from ichor.api.definitions import NAMESPACES
from ichor.resources.registry import definitions


def test_each_type_lives_in_a_namespace_that_may_be_asked_for() -> None:
    homeless = {one.type for one in definitions() if one.namespace not in NAMESPACES}
    assert homeless == set()
