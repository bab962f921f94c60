"""containerd's images: the adapter of `ports.containers.Images`, and what running one needs."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC

from google.protobuf.empty_pb2 import Empty

from ichor.errors import FormatError, NotFound
from ichor.formats.jsonvalue import Object, decode_object, obj, objs, text, whole
from ichor.formats.ociimage import INDEX_TYPES, config_digest, manifest_digest
from ichor.formats.ocispec import ImageConfig, image_config
from ichor.peers.calling import Caller, translated
from ichor.peers.containerd_transfer import Transfers, architecture
from ichor.ports.containers import Image, Report
from ichor.proto.containerd import content_pb2, images_pb2
from ichor.rpc.client import Channel
from ichor.rpc.method import Method

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
_BY_ID = "sha256:"  # how CRI names an image once more


class ContainerdImages:
    """The images of one namespace."""

    def __init__(self, channel: Channel, namespace: str) -> None:
        self._caller = Caller(channel, metadata=(("containerd-namespace", namespace),))
        self._transfers = Transfers(self._caller)

    async def get(self, name: str) -> Image:
        return _image((await self._caller.call(_GET, images_pb2.GetImageRequest(name=name))).image)

    async def list(self) -> tuple[Image, ...]:
        reply = await self._caller.call(_LIST, images_pb2.ListImagesRequest())
        return tuple(map(_image, reply.images))

    async def delete(self, name: str) -> None:
        """Delete an image and what only it used; one that is gone is fine."""
        known = await self.list()
        digest = next((image.digest for image in known if image.name == name), "")
        same = [image.name for image in known if image.digest == digest]
        for each in (*companions(name, digest, same), name):
            try:
                request = images_pb2.DeleteImageRequest(name=each, sync=each == name)
                await self._caller.call(_DELETE, request)
            except NotFound:
                continue

    async def config(self, name: str) -> ImageConfig:
        """Read an image's configuration for this machine. Raises NotFound, FormatError."""
        return image_config(await self._document(config_digest(await self._manifest(name))))

    async def layers(self, image: Image) -> tuple[str, ...]:
        manifest = await self._document(image.digest)
        if "manifests" in manifest:
            manifest = await self._document(manifest_digest(manifest, architecture()))
        return tuple(text(layer, "digest") for layer in objs(manifest, "layers"))

    async def _manifest(self, name: str) -> Object:
        target = (await self._caller.call(_GET, images_pb2.GetImageRequest(name=name))).image.target
        document = await self._document(target.digest)
        if target.media_type in INDEX_TYPES:
            document = await self._document(manifest_digest(document, architecture()))
        return document

    async def size(self, image: Image) -> int:
        """Sum what an image holds: its manifest, configuration and layers, as far as it is here."""
        try:
            document = await self._document(image.digest)
            if "manifests" in document:
                digest = manifest_digest(document, architecture())
                document = await self._document(digest)
        except (FormatError, NotFound):
            return image.size
        parts = (obj(document, "config"), *objs(document, "layers"))
        return image.size + sum(whole(part, "size") for part in parts)

    async def pull(self, name: str, *, hosts_dir: str = "", report: Report | None = None) -> None:
        await self._transfers.pull(name, hosts_dir, report)

    async def import_archive(
        self,
        chunks: AsyncIterator[bytes],
        *,
        prefixes: tuple[str, ...] = (),
        report: Report | None = None,
    ) -> None:
        await self._transfers.import_archive(chunks, prefixes, report)

    async def _document(self, digest: str) -> Object:
        raw = b""
        with translated(_READ.path):
            async with self._caller.stream(_READ, timeout_s=30) as stream:
                await stream.send(content_pb2.ReadContentRequest(digest=digest))
                await stream.done()
                async for piece in stream:
                    raw += piece.data
        return decode_object(raw)


def _image(image: images_pb2.Image) -> Image:
    return Image(
        name=image.name,
        digest=image.target.digest,
        size=image.target.size,
        created=image.created_at.ToDatetime(UTC),
        labels=dict(image.labels),
    )


def companions(name: str, digest: str, names: Sequence[str]) -> Iterator[str]:
    """Give the names CRI gave an image besides that are to go with one; names: all of its digest.

    repository@digest goes with the repository's last tag, its id with the last name of all.
    """
    repository = name.rpartition(":")[0]
    given = f"{repository}@{digest}"
    tags = [one for one in names if one != name and "@" not in one and not one.startswith(_BY_ID)]
    if given in names and not any(one.rpartition(":")[0] == repository for one in tags):
        yield given
    if not tags:
        yield from (one for one in names if one.startswith(_BY_ID) and one != name)
