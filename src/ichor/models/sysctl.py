"""A parameter has the value it was given, with single blanks."""

from collections.abc import Mapping

from ichor.ports.sysctl import SetParameter


def model(observed: Mapping[str, str], action: SetParameter) -> Mapping[str, str]:
    return {**observed, action.key: " ".join(action.value.split())}
