"""containerd's images: the adapter of `ports.containers.Images`, and what running one needs.

Importing goes through the transfer service: a stream that the server meters out in windows, and a
call that says what to do with it. Type URLs of its messages are bare names, which protobuf's own
`Any.Pack` cannot write.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC

from google.protobuf.any_pb2 import Any
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from ichor.errors import FormatError, NotFound, TransientError
from ichor.formats.jsonvalue import Object, decode_object
from ichor.formats.ociimage import INDEX_TYPES, config_digest, manifest_digest
from ichor.formats.ocispec import ImageConfig, image_config
from ichor.peers.calling import Caller, translated
from ichor.ports.containers import Image
from ichor.proto.containerd import (
    content_pb2,
    images_pb2,
    streaming_pb2,
    transfer_pb2,
    types_pb2,
    types_transfer_pb2,
)
from ichor.rpc.client import Channel
from ichor.rpc.method import Method
from ichor.rpc.outcall import ClientStream

SNAPSHOTTER = "overlayfs"
_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}
_PIECE = 32 * 1024  # the most a Data message may hold
_TRANSFER_S = 600.0

_IMAGES = "/containerd.services.images.v1.Images/"
_GET = Method(f"{_IMAGES}Get", images_pb2.GetImageRequest, images_pb2.GetImageResponse)
_LIST = Method(f"{_IMAGES}List", images_pb2.ListImagesRequest, images_pb2.ListImagesResponse)
_DELETE = Method(f"{_IMAGES}Delete", images_pb2.DeleteImageRequest, Empty)
_READ = Method(
    "/containerd.services.content.v1.Content/Read",
    content_pb2.ReadContentRequest,
    content_pb2.ReadContentResponse,
    server_streaming=True,
)
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


class ContainerdImages:
    """The images of one namespace."""

    def __init__(self, channel: Channel, namespace: str) -> None:
        self._caller = Caller(channel, metadata=(("containerd-namespace", namespace),))
        self._imports = 0

    async def get(self, name: str) -> Image:
        return _image((await self._caller.call(_GET, images_pb2.GetImageRequest(name=name))).image)

    async def list(self) -> tuple[Image, ...]:
        reply = await self._caller.call(_LIST, images_pb2.ListImagesRequest())
        return tuple(map(_image, reply.images))

    async def delete(self, name: str) -> None:
        """Delete an image and what only it used; one that is gone is fine."""
        try:
            await self._caller.call(_DELETE, images_pb2.DeleteImageRequest(name=name, sync=True))
        except NotFound:
            return

    async def config(self, name: str) -> ImageConfig:
        """Read an image's configuration for this machine. Raises NotFound, FormatError."""
        target = (await self._caller.call(_GET, images_pb2.GetImageRequest(name=name))).image.target
        document = await self._document(target.digest)
        if target.media_type in INDEX_TYPES:
            document = await self._document(manifest_digest(document, architecture()))
        return image_config(await self._document(config_digest(document)))

    async def pull(self, name: str, *, hosts_dir: str = "") -> None:
        registry = types_transfer_pb2.OCIRegistry(
            reference=name,
            resolver=types_transfer_pb2.RegistryResolver(host_dir=hosts_dir),
        )
        store = types_transfer_pb2.ImageStore(
            name=name, platforms=[_platform()], unpacks=[_unpack()]
        )
        request = transfer_pb2.TransferRequest(source=bare(registry), destination=bare(store))
        await self._caller.call(_TRANSFER, request, timeout_s=_TRANSFER_S)

    async def import_archive(
        self, chunks: AsyncIterator[bytes], *, prefixes: tuple[str, ...]
    ) -> None:
        self._imports += 1
        stream_id = f"ichor-import-{os.getpid()}-{self._imports}"
        store = types_transfer_pb2.ImageStore(
            extra_references=[
                types_transfer_pb2.ImageReference(name=prefix, is_prefix=True)
                for prefix in prefixes
            ],
            unpacks=[_unpack()],
        )
        source = types_transfer_pb2.ImageImportStream(stream=stream_id)
        request = transfer_pb2.TransferRequest(source=bare(source), destination=bare(store))
        async with self._caller.stream(_STREAM) as stream:
            with translated(_STREAM.path):
                await stream.send(bare(streaming_pb2.StreamInit(id=stream_id)))
                await stream.receive()
            call = asyncio.ensure_future(
                self._caller.call(_TRANSFER, request, timeout_s=_TRANSFER_S)
            )
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

    async def _document(self, digest: str) -> Object:
        raw = b""
        with translated(_READ.path):
            async with self._caller.stream(_READ, timeout_s=30) as stream:
                await stream.send(content_pb2.ReadContentRequest(digest=digest))
                await stream.done()
                async for piece in stream:
                    raw += piece.data
        return decode_object(raw)


def architecture() -> str:
    """Name this machine's architecture as images do. Raises FormatError for one unknown."""
    machine = os.uname().machine
    if machine not in _ARCHITECTURE:
        raise FormatError(f"a known architecture, not {machine}")
    return _ARCHITECTURE[machine]


def bare(message: Message, type_url: str = "") -> Any:
    """Pack a message under its bare full name."""
    return Any(type_url=type_url or message.DESCRIPTOR.full_name, value=message.SerializeToString())


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


def _platform() -> types_pb2.Platform:
    return types_pb2.Platform(os="linux", architecture=architecture())


def _unpack() -> types_transfer_pb2.UnpackConfiguration:
    return types_transfer_pb2.UnpackConfiguration(platform=_platform(), snapshotter=SNAPSHOTTER)


def _image(image: images_pb2.Image) -> Image:
    return Image(
        name=image.name,
        digest=image.target.digest,
        size=image.target.size,
        created=image.created_at.ToDatetime(UTC),
        labels=dict(image.labels),
    )
