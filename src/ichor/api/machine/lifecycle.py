"""LifecycleService, and what else changes what a machine starts from: Upgrade and Rollback.

    image of the runtime ─► its layers ─► installer ─► messages, then the exit code

One at a time; a caller that hangs up ends it, and what runs goes on being started.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from datetime import timedelta
from typing import Final

from ichor.api.machine.aside import Aside
from ichor.api.machine.images import complete, images_of
from ichor.api.machine.power import deny
from ichor.api.machine.table import streaming, unary
from ichor.api.operations import Operations
from ichor.errors import Conflict, IchorError
from ichor.log import fields, logger
from ichor.ports.containers import Images
from ichor.ports.installer import Installer
from ichor.ports.quorum import Quorum
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler

SERVICE: Final = "LifecycleService"
log = logger(__name__)
_LONGEST: Final = timedelta(minutes=30)
_Progress = pb.LifecycleServiceInstallProgress


class LifecycleService:
    """namespaces: the runtime's images by namespace. hosts_dir: how registries are asked.

    installer: None in a container.
    """

    def __init__(
        self,
        namespaces: Mapping[str, Images],
        hosts_dir: str,
        installer: Installer | None,
        operations: Operations,
        aside: Aside,
        quorum: Quorum,
    ) -> None:
        self._namespaces = namespaces
        self._hosts_dir = hosts_dir
        self._installer = installer
        self._operations = operations
        self._aside = aside
        self._quorum = quorum
        self._is_busy = False

    def handlers(self) -> Mapping[str, Handler]:
        asked, answered = pb.LifecycleServiceUpgradeRequest, pb.LifecycleServiceUpgradeResponse
        return {
            f"/machine.{SERVICE}/Install": self.install,
            **streaming("Upgrade", asked, answered, self.upgrade, SERVICE),
            **unary("Upgrade", pb.UpgradeRequest, pb.UpgradeResponse, self.upgrade_old),
            **unary("Rollback", pb.RollbackRequest, pb.RollbackResponse, self.roll_back),
        }

    async def install(self, context: Context) -> None:
        if self._installer is None:
            await deny(context)
        raise Conflict("this machine is installed: it started from its disk")

    async def upgrade(
        self, request: pb.LifecycleServiceUpgradeRequest, context: Context
    ) -> AsyncIterator[pb.LifecycleServiceUpgradeResponse]:
        if self._installer is None:
            await deny(context)
        images = images_of(self._namespaces, request.containerd.namespace)
        with self._alone():
            layers = await images.layers(complete(request.source.image_name))
            code = 0
            try:
                async with aclosing(self._written(self._installer, layers)) as lines:
                    async for line in lines:
                        yield _answer(_Progress(message=line))
            except (IchorError, OSError) as error:
                log.warning("upgrade failed", extra=fields(why=error))
                yield _answer(_Progress(message=f"failed: {error}"))
                code = 1
            yield _answer(_Progress(exit_code=code))

    async def upgrade_old(self, request: pb.UpgradeRequest, context: Context) -> pb.UpgradeResponse:
        """Do all of it in one call; the other slot is free at any time, so none is staged."""
        if self._installer is None:
            await deny(context)
        images = images_of(self._namespaces, common_pb2.NS_SYSTEM)
        name = complete(request.image)
        with self._alone():
            if not (request.force or request.preserve):
                await self._quorum.claim(_LONGEST)
            if name not in {one.name for one in await images.list()}:
                await images.pull(name, hosts_dir=self._hosts_dir)
            layers = await images.layers(name)
            async with aclosing(self._written(self._installer, layers)) as lines:
                async for _ in lines:
                    continue
        actor = self._operations.ask("reboot", {"force": "false", "drain": "true"})
        ack = "the image is written, the machine reboots"
        return pb.UpgradeResponse(messages=[pb.Upgrade(ack=ack, actor_id=actor)])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Raises Conflict while another is at it."""
        if self._is_busy:
            raise Conflict("another image is being written")
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False

    async def _written(
        self, installer: Installer, layers: tuple[str, ...]
    ) -> AsyncGenerator[str, None]:
        async with aclosing(self._aside.each(lambda: installer.upgrade(layers))) as lines:
            async for line in lines:
                log.info("upgrade", extra=fields(step=line))
                yield line

    async def roll_back(self, request: pb.RollbackRequest, context: Context) -> pb.RollbackResponse:
        if self._installer is None:
            await deny(context)
        with self._alone():
            entry = self._installer.roll_back()
        log.info("rollback", extra=fields(entry=entry))
        self._operations.ask("reboot", {"force": "false"}, takeover=True)
        return pb.RollbackResponse(messages=[pb.Rollback()])


def _answer(progress: pb.LifecycleServiceInstallProgress) -> pb.LifecycleServiceUpgradeResponse:
    return pb.LifecycleServiceUpgradeResponse(progress=progress)
