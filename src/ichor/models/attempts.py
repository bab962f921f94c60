"""The model of tried parameters: each takes its value; whether this kernel has it, only it says."""

from collections.abc import Mapping

from ichor.ports.sysctl import Attempt, SetParameter


def model(observed: Mapping[str, Attempt], action: SetParameter) -> Mapping[str, Attempt]:
    return {**observed, action.key: Attempt(current=" ".join(action.value.split()))}
