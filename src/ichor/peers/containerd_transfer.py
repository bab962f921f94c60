"""containerd's transfer service: images in from registries and from archives.

An archive goes over a stream that the server meters out in windows, beside the call that says what
to do with it; progress comes over another. Type URLs of its messages are bare names, which
protobuf's own `Any.Pack` cannot write.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from google.protobuf.any_pb2 import Any
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from ichor.errors import FormatError, IchorError, NotFound, TransientError
from ichor.peers.calling import Caller, translated
from ichor.ports.containers import Progress, Report
from ichor.proto.containerd import streaming_pb2, transfer_pb2, types_pb2, types_transfer_pb2
from ichor.rpc.method import Method
from ichor.rpc.outcall import ClientStream

SNAPSHOTTER = "overlayfs"
_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}
_PIECE = 32 * 1024  # the most a Data message may hold
_TRANSFER_S = 600.0
_LAST_WORD_S = 5.0
_UNNAMED = "ichor.local/imported"  # what an archive names by a tag alone

_STREAM = Method(
    "/containerd.services.streaming.v1.Streaming/Stream",
    Any,
    Any,
    client_streaming=True,
    server_streaming=True,
)
_TRANSFER = Method(
    "/containerd.services.transfer.v1.Transfer/Transfer", transfer_pb2.TransferRequest, Empty
)


class Transfers:
    """What comes into one namespace."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._streams = 0

    async def pull(self, name: str, hosts_dir: str, report: Report | None) -> None:
        registry = types_transfer_pb2.OCIRegistry(
            reference=name,
            resolver=types_transfer_pb2.RegistryResolver(host_dir=hosts_dir),
        )
        store = types_transfer_pb2.ImageStore(
            name=name, platforms=[_platform()], unpacks=[_unpack()]
        )
        await self._transfer(registry, store, report)

    async def import_archive(
        self, chunks: AsyncIterator[bytes], prefixes: tuple[str, ...], report: Report | None
    ) -> None:
        """Import images whose names begin with a prefix, all if there is none."""
        store = types_transfer_pb2.ImageStore(
            extra_references=[
                types_transfer_pb2.ImageReference(name=prefix, is_prefix=True)
                for prefix in prefixes
            ]
            or [_any_reference()],
            unpacks=[_unpack()],
        )
        async with self._stream("import") as (id, stream):
            source = types_transfer_pb2.ImageImportStream(stream=id)
            call = asyncio.ensure_future(self._transfer(source, store, report))
            sending = asyncio.ensure_future(_send(stream, chunks))
            try:
                # A refusal ends the call before all is sent; then nobody reads the stream.
                await asyncio.wait({call, sending}, return_when=asyncio.FIRST_COMPLETED)
                if not call.done():
                    await sending
                await call
            except NotFound as err:
                # Seen once in 30 imports, right after containerd's start; the same import again
                # went well. Nothing we name could be missing.
                raise TransientError(f"import: {err}") from err
            finally:
                call.cancel()
                sending.cancel()
                await asyncio.gather(call, sending, return_exceptions=True)

    async def _transfer(self, source: Message, destination: Message, report: Report | None) -> None:
        request = transfer_pb2.TransferRequest(source=bare(source), destination=bare(destination))
        if report is None:
            await self._caller.call(_TRANSFER, request, timeout_s=_TRANSFER_S)
            return
        async with self._stream("progress") as (id, stream):
            request.options.progress_stream = id
            hearing = asyncio.ensure_future(_hear(stream, report))
            try:
                await self._caller.call(_TRANSFER, request, timeout_s=_TRANSFER_S)
                # The server ends the stream after its last word.
                await asyncio.wait({hearing}, timeout=_LAST_WORD_S)
            finally:
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)

    @asynccontextmanager
    async def _stream(self, use: str) -> AsyncGenerator[tuple[str, ClientStream[Any, Any]]]:
        """Open a stream that a call can name."""
        self._streams += 1
        id = f"ichor-{use}-{os.getpid()}-{self._streams}"
        async with self._caller.stream(_STREAM) as stream:
            with translated(_STREAM.path):
                await stream.send(bare(streaming_pb2.StreamInit(id=id)))
                await stream.receive()
            yield id, stream


def architecture() -> str:
    """Name this machine's architecture as images do. Raises FormatError for one unknown."""
    machine = os.uname().machine
    if machine not in _ARCHITECTURE:
        raise FormatError(f"a known architecture, not {machine}")
    return _ARCHITECTURE[machine]


def bare(message: Message, type_url: str = "") -> Any:
    """Pack a message under its bare full name."""
    return Any(type_url=type_url or message.DESCRIPTOR.full_name, value=message.SerializeToString())


async def _hear(stream: ClientStream[Any, Any], report: Report) -> None:
    """Pass on what the server tells; that it stops telling is no failure of the transfer."""
    with suppress(IchorError), translated(_STREAM.path):
        while (message := await stream.receive()) is not None:
            told = types_transfer_pb2.Progress.FromString(message.value)
            report(
                Progress(
                    event=told.event,
                    name=told.name,
                    digest=told.desc.digest,
                    offset=told.progress,
                    total=told.total,
                )
            )


async def _send(stream: ClientStream[Any, Any], chunks: AsyncIterator[bytes]) -> None:
    """Send the archive in pieces, never more than the server has asked for."""
    window = 0
    with translated(_STREAM.path):
        async for piece in _pieces(chunks):
            while window < len(piece):
                update = await stream.receive()
                if update is None:
                    return
                window += types_transfer_pb2.WindowUpdate.FromString(update.value).update
            await stream.send(bare(types_transfer_pb2.Data(data=piece)))
            window -= len(piece)
        await stream.done()


async def _pieces(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]


def _any_reference() -> types_transfer_pb2.ImageReference:
    """Take every name as it is, and a tag alone as one of ours. What has neither is left out."""
    return types_transfer_pb2.ImageReference(name=_UNNAMED, is_prefix=True, allow_overwrite=True)


def _platform() -> types_pb2.Platform:
    return types_pb2.Platform(os="linux", architecture=architecture())


def _unpack() -> types_transfer_pb2.UnpackConfiguration:
    return types_transfer_pb2.UnpackConfiguration(platform=_platform(), snapshotter=SNAPSHOTTER)
