"""A staged upgrade is written by the start after it, or dropped.

    META keys 7, 8 ─► begun, noted ─► as an upgrade is ─► key 6, and 7 and 8 gone ─► renamed
                                   └► refused ─► 7 and 8 gone

Until the write of META that puts the machine on probation, a cut has the next start do it again;
after it, none does. A start that ends amid it twice has the third drop it: an image, or a disk,
that brings the kernel down would do so for ever.
"""

import asyncio
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Final

from ichor.errors import Conflict, IchorError
from ichor.formats import staged
from ichor.log import fields, logger
from ichor.ports.meta import MetaStore
from ichor.ports.staging import Staging, Write

log = logger(__name__)
_TIMES: Final = 2


class StagedImages:
    """upgrade: writes an image of these layers, as an installer does."""

    def __init__(
        self, meta: MetaStore, upgrade: Callable[[Sequence[str]], Generator[str, None, None]]
    ) -> None:
        self._meta = meta
        self._upgrade = upgrade
        self._seen: Staging | None = None

    def observe(self) -> Staging:
        if self._seen is None:
            self._seen = Staging(image=staged.image(self._values()))
        return self._seen

    def _values(self) -> Mapping[int, bytes]:
        try:
            return self._meta.observe()
        except (IchorError, OSError) as error:
            log.error("whether an upgrade is staged is not known", extra=fields(why=error))
            return {}

    async def apply(self, action: Write) -> None:
        self._seen = await asyncio.to_thread(self._write)

    def _write(self) -> Staging:
        values = self._values()
        image = staged.image(values)
        try:
            found = staged.parse(values)
            if found.begun >= _TIMES:
                raise Conflict(f"{found.begun} starts have ended amid it")
            self._meta.change(lambda now: staged.noted(now, staged.begun_again(found)))
            for step in self._upgrade(found.layers):
                log.info("staged upgrade", extra=fields(image=image, step=step))
        except (IchorError, OSError) as error:
            log.error("a staged upgrade is dropped", extra=fields(image=image, why=error))
            self._drop()
            return Staging()
        return Staging(image=image, written=True)

    def _drop(self) -> None:
        try:
            self._meta.change(staged.without)
        except (IchorError, OSError) as error:  # the machine comes up all the same
            log.error("META still names a staged upgrade", extra=fields(why=error))
