"""LifecycleService, and what else changes what a machine starts from: Upgrade and Rollback.

    image of the runtime ─► its layers ─► installer ─► messages, then the exit code

One at a time; a caller that hangs up ends it, and what runs goes on being started.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Final

from ichor.api.machine.aside import Aside
from ichor.api.machine.images import NAMESPACES, complete
from ichor.api.machine.power import deny
from ichor.api.machine.table import streaming, unary
from ichor.api.operations import Operations
from ichor.errors import Conflict, IchorError, InputError
from ichor.log import fields, logger
from ichor.ports.containers import Images
from ichor.ports.installer import Installer
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler

SERVICE: Final = "LifecycleService"
log = logger(__name__)
_Progress = pb.LifecycleServiceInstallProgress


class LifecycleService:
    """namespaces: the runtime's images by namespace. installer: None in a container."""

    def __init__(
        self,
        namespaces: Mapping[str, Images],
        installer: Installer | None,
        operations: Operations,
        aside: Aside,
    ) -> None:
        self._namespaces = namespaces
        self._installer = installer
        self._operations = operations
        self._aside = aside
        self._is_busy = False

    def handlers(self) -> Mapping[str, Handler]:
        asked, answered = pb.LifecycleServiceUpgradeRequest, pb.LifecycleServiceUpgradeResponse
        return {
            f"/machine.{SERVICE}/Install": self.install,
            **streaming("Upgrade", asked, answered, self.upgrade, SERVICE),
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
            return
        images = self._namespaces.get(NAMESPACES.get(request.containerd.namespace, ""))
        if images is None:
            raise InputError("expected one of the namespaces NS_SYSTEM, NS_CRI")
        if self._is_busy:
            raise Conflict("another image is being written")
        self._is_busy = True
        try:
            layers = await images.layers(complete(request.source.image_name))
            async with aclosing(self._written(self._installer, layers)) as told:
                async for progress in told:
                    yield pb.LifecycleServiceUpgradeResponse(progress=progress)
        finally:
            self._is_busy = False

    async def _written(
        self, installer: Installer, layers: tuple[str, ...]
    ) -> AsyncGenerator[pb.LifecycleServiceInstallProgress, None]:
        try:
            async with aclosing(self._aside.each(lambda: installer.upgrade(layers))) as lines:
                async for line in lines:
                    log.info("upgrade", extra=fields(step=line))
                    yield _Progress(message=line)
        except (IchorError, OSError) as error:
            log.warning("upgrade failed", extra=fields(why=error))
            yield _Progress(message=f"failed: {error}")
            yield _Progress(exit_code=1)
        else:
            yield _Progress(exit_code=0)

    async def roll_back(self, request: pb.RollbackRequest, context: Context) -> pb.RollbackResponse:
        if self._installer is None:
            await deny(context)
            return pb.RollbackResponse()
        if self._is_busy:
            raise Conflict("an image is being written")
        log.info("rollback", extra=fields(entry=self._installer.roll_back()))
        self._operations.ask("reboot", {"force": "false"}, takeover=True)
        return pb.RollbackResponse(messages=[pb.Rollback()])
