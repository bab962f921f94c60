"""Programs and containers as one port: whoever asks for a service need not know which it is."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from ichor.cosi.wakes import Wakes
from ichor.ports.service import Action, Service, Services, Start
from ichor.resources.runtime.service_spec import Image


class BothServices:
    """programs run below machined, containers below containerd; ids are unique among both."""

    def __init__(self, programs: Services, containers: Services) -> None:
        self._programs = programs
        self._containers = containers

    def observe(self) -> Mapping[str, Service]:
        return {**self._programs.observe(), **self._containers.observe()}

    async def apply(self, action: Action) -> None:
        if isinstance(action, Start):
            of_image = isinstance(action.spec.program, Image)
        else:
            of_image = action.id in self._containers.observe()
        await (self._containers if of_image else self._programs).apply(action)

    async def wakes(self) -> AsyncIterator[None]:
        bell = Wakes()

        async def pass_on(source: Services) -> None:
            async for _ in source.wakes():
                bell.ring()

        heard = bell.listen()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pass_on(self._programs))
            tasks.create_task(pass_on(self._containers))
            async for _ in heard:
                yield
