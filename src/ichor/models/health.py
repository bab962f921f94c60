"""The model of health: who is asked is known, what they answer is not."""

from collections.abc import Mapping

from ichor.ports.health import Action, Check, Uncheck, Watched
from ichor.resources.runtime.service_status import HealthStatus


def model(observed: Mapping[str, Watched], action: Action) -> Mapping[str, Watched]:
    after = dict(observed)
    match action:
        case Check(id=id, check=check):
            after[id] = Watched(check=check, status=HealthStatus())
        case Uncheck(id=id):
            after.pop(id, None)
    return after
