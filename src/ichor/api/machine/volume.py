"""Our own Volume.Reseal: keys that the TPM keeps, for what the machine is now."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing

from ichor.api.machine.aside import Aside
from ichor.api.machine.power import deny
from ichor.errors import Conflict
from ichor.log import logger
from ichor.ports.reseal import Resealer
from ichor.proto.ichor import volume_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_stream
from ichor.rpc.method import method

log = logger(__name__)


class VolumeService:
    """resealer: None in a container, whose disk is its host's business."""

    def __init__(self, resealer: Resealer | None, aside: Aside) -> None:
        self._resealer = resealer
        self._aside = aside
        self._is_busy = False

    def handlers(self) -> Mapping[str, Handler]:
        found = method(pb, "Volume", "Reseal", pb.ResealRequest, pb.ResealResponse)
        return {found.path: unary_stream(found, self.reseal)}

    async def reseal(
        self, request: pb.ResealRequest, context: Context
    ) -> AsyncIterator[pb.ResealResponse]:
        if self._resealer is None:
            await deny(context)
        if self._is_busy:
            raise Conflict("keys are being sealed for another")
        self._is_busy = True
        log.warning("keys are to be sealed to what this machine is now")
        try:
            async with aclosing(self._aside.each(self._resealer.reseal)) as found:
                async for one in found:
                    yield pb.ResealResponse(
                        volume=one.volume, slot=one.slot, anew=one.anew, error=one.error
                    )
        finally:
            self._is_busy = False
