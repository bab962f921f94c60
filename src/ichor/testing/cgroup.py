"""Control groups that exist only here."""

from collections.abc import Mapping

from ichor.models import cgroup
from ichor.ports.cgroup import Action, Group
from ichor.testing.port import Modelled


class FakeCgroups(Modelled[Mapping[str, Group], Action]):
    def __init__(self) -> None:
        super().__init__({}, cgroup.model)
