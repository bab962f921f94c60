"""MetaWrite and MetaDelete: values of META, by tag."""

from collections.abc import Mapping

from ichor.api.machine.power import deny
from ichor.api.machine.table import unary
from ichor.errors import InputError, NotFound
from ichor.formats.meta import without
from ichor.formats.staged import OPTIONS
from ichor.ports.meta import MetaStore
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler


class MetaService:
    """meta: None in a container."""

    def __init__(self, meta: MetaStore | None) -> None:
        self._meta = meta

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **unary("MetaWrite", pb.MetaWriteRequest, pb.MetaWriteResponse, self.write),
            **unary("MetaDelete", pb.MetaDeleteRequest, pb.MetaDeleteResponse, self.delete),
        }

    async def write(self, request: pb.MetaWriteRequest, context: Context) -> pb.MetaWriteResponse:
        if self._meta is None:
            await deny(context)
        key, value = tag(request.key), request.value
        if key == OPTIONS:  # else who writes META would say what the machine runs
            hint = "ichor upgrade --stage"
            raise InputError(f"META key {key} is what a staged upgrade leaves", hint=hint)
        self._meta.change(lambda values: {**values, key: value})
        return pb.MetaWriteResponse(messages=[pb.MetaWrite()])

    async def delete(
        self, request: pb.MetaDeleteRequest, context: Context
    ) -> pb.MetaDeleteResponse:
        if self._meta is None:
            await deny(context)
        key = tag(request.key)

        def dropped(values: Mapping[int, bytes]) -> Mapping[int, bytes]:
            if key not in values:
                raise NotFound(f"META has no value of key {key}")
            return without(values, key)

        self._meta.change(dropped)
        return pb.MetaDeleteResponse(messages=[pb.MetaDelete()])


def tag(key: int) -> int:
    if not 0 < key <= 0xFF:
        raise InputError(f"a key from 1 to 255, not {key}")
    return key
