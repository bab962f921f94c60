"""Our own Image.Verify: a machine reads again what it runs from, and says what it found."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing

from ichor.api.machine.aside import Aside
from ichor.api.machine.power import deny
from ichor.errors import Conflict
from ichor.ports.proof import Proof, Prover
from ichor.proto.ichor import image_pb2 as pb
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_stream
from ichor.rpc.method import method


class ProofService:
    """prover: None in a container, whose root is its host's business."""

    def __init__(self, prover: Prover | None, aside: Aside) -> None:
        self._prover = prover
        self._aside = aside
        self._is_busy = False

    def handlers(self) -> Mapping[str, Handler]:
        found = method(pb, "Image", "Verify", pb.VerifyRequest, pb.VerifyResponse)
        return {found.path: unary_stream(found, self.verify)}

    async def verify(
        self, request: pb.VerifyRequest, context: Context
    ) -> AsyncIterator[pb.VerifyResponse]:
        if self._prover is None:
            await deny(context)
        if self._is_busy:
            raise Conflict("the root is being read for another")
        self._is_busy = True
        try:
            async with aclosing(self._aside.each(self._prover.prove)) as found:
                async for one in found:
                    yield response(one)
        finally:
            self._is_busy = False


def response(found: str | Proof) -> pb.VerifyResponse:
    if isinstance(found, str):
        return pb.VerifyResponse(progress=found)
    proof = pb.Proof(
        version=found.version,
        entry=found.entry,
        image=found.image,
        root=found.root,
        salt=found.salt,
        blocks=found.blocks,
        signer=found.signer,
    )
    return pb.VerifyResponse(proof=proof)
