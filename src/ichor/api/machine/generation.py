"""Our own Image.AllowOlder: an administrator lets a machine run images it would refuse."""

from collections.abc import Mapping

from ichor.api.machine.power import deny
from ichor.errors import InputError
from ichor.log import fields, logger
from ichor.ports.generation import Allow, Generations
from ichor.proto.ichor import image_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_unary
from ichor.rpc.method import method

log = logger(__name__)


class GenerationService:
    """generations: None in a container."""

    def __init__(self, generations: Generations | None) -> None:
        self._generations = generations

    def handlers(self) -> Mapping[str, Handler]:
        found = method(pb, "Image", "AllowOlder", pb.AllowOlderRequest, pb.AllowOlderResponse)
        return {found.path: unary_unary(found, self.allow)}

    async def allow(self, request: pb.AllowOlderRequest, context: Context) -> pb.AllowOlderResponse:
        if self._generations is None:
            await deny(context)
        before = self._generations.observe().number or 0
        if request.least > before:
            raise InputError(f"expected {before} at most: it lets older ones run", path="least")
        self._generations.apply(Allow(request.least))
        log.warning("older images may run", extra=fields(before=before, least=request.least))
        return pb.AllowOlderResponse(before=before)
