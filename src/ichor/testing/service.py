"""Services that only pretend to run."""

from collections.abc import AsyncIterator, Mapping

from ichor.models import service
from ichor.ports.service import Action, Service
from ichor.testing.port import Modelled


class FakeServices:
    """The model behind an asynchronous apply; `port.fail` makes an action fail."""

    def __init__(self) -> None:
        self.port: Modelled[Mapping[str, Service], Action] = Modelled({}, service.model)

    def observe(self) -> Mapping[str, Service]:
        return self.port.observe()

    async def apply(self, action: Action) -> None:
        self.port.apply(action)

    def wakes(self) -> AsyncIterator[None]:
        return self.port.wakes()
