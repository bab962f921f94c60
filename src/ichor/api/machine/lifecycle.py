"""LifecycleService, and what else changes what a machine starts from: Upgrade and Rollback.

    image of the runtime ─► may it be taken? ─► layers ─► installer ─► messages, then the exit code
    boot medium ─► installer, of a disk ─► the same

One at a time; a caller that hangs up ends it, and what runs goes on being started.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, contextmanager
from datetime import timedelta
from typing import Final, TypeAlias

from ichor.api.machine.aside import Aside
from ichor.api.machine.departure import Departure
from ichor.api.machine.images import complete, images_of
from ichor.api.machine.power import deny
from ichor.api.machine.table import streaming, unary
from ichor.api.operations import Operations
from ichor.api.verification import Refused, Verification
from ichor.config.versions import INSTALLER
from ichor.errors import Conflict, IchorError, InputError
from ichor.log import fields, logger
from ichor.ports.containers import Images
from ichor.ports.installer import Installer
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler

SERVICE: Final = "LifecycleService"
log = logger(__name__)
_LONGEST: Final = timedelta(minutes=30)
_Progress = pb.LifecycleServiceInstallProgress
_Work: TypeAlias = Callable[[], Generator[str, None, None]]


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
        departure: Departure,
        verification: Verification,
    ) -> None:
        self._namespaces = namespaces
        self._hosts_dir = hosts_dir
        self._installer = installer
        self._operations = operations
        self._aside = aside
        self._departure = departure
        self._verification = verification
        self._is_busy = False

    def handlers(self) -> Mapping[str, Handler]:
        first = pb.LifecycleServiceInstallRequest, pb.LifecycleServiceInstallResponse
        later = pb.LifecycleServiceUpgradeRequest, pb.LifecycleServiceUpgradeResponse
        return {
            **streaming("Install", *first, self.install, SERVICE),
            **streaming("Upgrade", *later, self.upgrade, SERVICE),
            **unary("Upgrade", pb.UpgradeRequest, pb.UpgradeResponse, self.upgrade_old),
            **unary("Rollback", pb.RollbackRequest, pb.RollbackResponse, self.roll_back),
        }

    async def install(
        self, request: pb.LifecycleServiceInstallRequest, context: Context
    ) -> AsyncIterator[pb.LifecycleServiceInstallResponse]:
        """Install what the boot medium carries, which an image that is named must be."""
        if self._installer is None:
            await deny(context)
        installer, disk = self._installer, request.destination.disk.removeprefix("/dev/")
        if request.source.image_name not in {"", INSTALLER}:
            raise InputError(f"a boot medium installs what it carries, {INSTALLER}")
        if not disk:
            raise InputError("a disk to install to is expected, as /dev/sda", path="destination")
        with self._alone():
            async for progress in self._told("install", lambda: installer.install(disk)):
                yield pb.LifecycleServiceInstallResponse(progress=progress)

    async def upgrade(
        self, request: pb.LifecycleServiceUpgradeRequest, context: Context
    ) -> AsyncIterator[pb.LifecycleServiceUpgradeResponse]:
        if self._installer is None:
            await deny(context)
        images = images_of(self._namespaces, request.containerd.namespace)
        name = complete(request.source.image_name)
        with self._alone():
            layers, installer = await self._layers(images, name), self._installer
            async for progress in self._told("upgrade", lambda: installer.upgrade(layers)):
                yield pb.LifecycleServiceUpgradeResponse(progress=progress)

    async def upgrade_old(self, request: pb.UpgradeRequest, context: Context) -> pb.UpgradeResponse:
        """Do all of it in one call, or, staged, have the next start do the writing."""
        if self._installer is None:
            await deny(context)
        images = images_of(self._namespaces, common_pb2.NS_SYSTEM)
        name = complete(request.image)
        with self._alone():
            longest = None if request.force or request.preserve else _LONGEST
            async with self._departure.begun(longest) as departing:
                layers, installer = await self._pulled(images, name), self._installer
                if request.stage:
                    await self._done("stage", lambda: installer.stage(name, layers))
                else:
                    await self._done("upgrade", lambda: installer.upgrade(layers))
                actor = departing.reboot({"force": "false", "drain": "true"})
        ack = f"the image is {'staged' if request.stage else 'written'}, the machine reboots"
        return pb.UpgradeResponse(messages=[pb.Upgrade(ack=ack, actor_id=actor)])

    async def _pulled(self, images: Images, name: str) -> Sequence[str]:
        """Have an image here; give its layers."""
        if name not in {one.name for one in await images.list()}:
            await images.pull(name, hosts_dir=self._hosts_dir)
        return await self._layers(images, name)

    async def _done(self, what: str, make: _Work) -> None:
        async with aclosing(self._lines(what, make)) as lines:
            async for _ in lines:
                continue

    async def _layers(self, images: Images, name: str) -> Sequence[str]:
        """Give an image's layers, if the rules let it be taken: it may have come without a pull.

        Raises Conflict with their reason.
        """
        image = await images.get(name)
        try:
            await self._verification.judge(name, image.digest)
        except Refused as err:
            raise Conflict(f"{name}: {err}") from err
        return await images.layers(image)

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

    async def _told(self, what: str, make: _Work) -> AsyncGenerator[_Progress, None]:
        """Do it, and say how far it is, in the end whether it went well."""
        code = 0
        try:
            async with aclosing(self._lines(what, make)) as lines:
                async for line in lines:
                    yield _Progress(message=line)
        except (IchorError, OSError) as error:
            log.warning("%s failed", what, extra=fields(why=error))
            yield _Progress(message=f"failed: {error}")
            code = 1
        yield _Progress(exit_code=code)

    async def _lines(self, what: str, make: _Work) -> AsyncGenerator[str, None]:
        async with aclosing(self._aside.each(make)) as lines:
            async for line in lines:
                log.info(what, extra=fields(step=line))
                yield line

    async def roll_back(self, request: pb.RollbackRequest, context: Context) -> pb.RollbackResponse:
        if self._installer is None:
            await deny(context)
        with self._alone():
            entry = await asyncio.to_thread(self._installer.roll_back)
        log.info("rollback", extra=fields(entry=entry))
        self._operations.ask("reboot", {"force": "false"}, takeover=True)
        return pb.RollbackResponse(messages=[pb.Rollback()])
