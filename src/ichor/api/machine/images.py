"""Images of the node: ImageService, and the older ImageList and ImagePull of the machine service.

Two namespaces: `system`, from which the OS runs its services, and `k8s.io`, Kubernetes' own. A name
is completed as people mean it (docker.io/library/…:latest). What the runtime tells of a transfer
becomes the progress of a layer:

    downloading, complete, extracting, extracted, already exists ─► the five states; others: nothing
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Final

from google.protobuf.empty_pb2 import Empty

from ichor.api.machine.table import streaming, unary, uploading
from ichor.api.verification import Refused, Verification
from ichor.errors import Conflict, FormatError, InputError, NotFound
from ichor.formats.reference import parse
from ichor.ports.containers import Image, Images, Progress
from ichor.ports.registry import Credentials
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.context import Context, Handler

SERVICE: Final = "ImageService"
_NAMESPACES: Final = {common_pb2.NS_SYSTEM: "system", common_pb2.NS_CRI: "k8s.io"}
_State = pb.ImageServicePullLayerProgress
_STATES: Final = {
    "downloading": _State.DOWNLOADING,
    "complete": _State.DOWNLOAD_COMPLETE,
    "extracting": _State.EXTRACTING,
    "extracted": _State.EXTRACT_COMPLETE,
    "already exists": _State.ALREADY_EXISTS,
}
_LAYER: Final = "layer-"
_SAVED: Final = "saved"


class ImageService:
    """namespaces: the runtime's images by namespace. hosts_dir: how registries are asked."""

    def __init__(
        self,
        namespaces: Mapping[str, Images],
        hosts_dir: str,
        now: Callable[[], datetime],
        verification: Verification,
    ) -> None:
        self._namespaces = namespaces
        self._hosts_dir = hosts_dir
        self._now = now
        self._verification = verification

    def handlers(self) -> Mapping[str, Handler]:
        listed, pulled = pb.ImageServiceListResponse, pb.ImageServicePullResponse
        asked, removed = pb.ImageServicePullRequest, pb.ImageServiceRemoveRequest
        shown, verified = pb.ImageServiceVerifyRequest, pb.ImageServiceVerifyResponse
        sent, imported = pb.ImageServiceImportRequest, pb.ImageServiceImportResponse
        return {
            **streaming("List", pb.ImageServiceListRequest, listed, self.list, SERVICE),
            **streaming("Pull", asked, pulled, self.pull, SERVICE),
            **uploading("Import", sent, imported, self.import_archive, SERVICE),
            **unary("Remove", removed, Empty, self.remove, SERVICE),
            **unary("Verify", shown, verified, self.verify, SERVICE),
            **streaming("ImageList", pb.ImageListRequest, pb.ImageListResponse, self.list_old),
            **unary("ImagePull", pb.ImagePullRequest, pb.ImagePullResponse, self.pull_old),
        }

    async def list(
        self, request: pb.ImageServiceListRequest, context: Context
    ) -> AsyncIterator[pb.ImageServiceListResponse]:
        async for image, size in self._list(request.containerd.namespace):
            shown = pb.ImageServiceListResponse(
                name=image.name, digest=image.digest, size=size, labels=image.labels
            )
            shown.created_at.FromDatetime(image.created)
            yield shown

    async def list_old(
        self, request: pb.ImageListRequest, context: Context
    ) -> AsyncIterator[pb.ImageListResponse]:
        async for image, size in self._list(request.namespace):
            shown = pb.ImageListResponse(name=image.name, digest=image.digest, size=size)
            shown.created_at.FromDatetime(image.created)
            yield shown

    async def _list(self, namespace: int) -> AsyncIterator[tuple[Image, int]]:
        images = self._images(namespace)
        for image in sorted(await images.list(), key=lambda one: one.name):
            yield image, await images.size(image)

    async def pull(
        self, request: pb.ImageServicePullRequest, context: Context
    ) -> AsyncIterator[pb.ImageServicePullResponse]:
        images, name = self._images(request.containerd.namespace), complete(request.image_ref)
        heard: asyncio.Queue[Progress | None] = asyncio.Queue()
        pulling = asyncio.get_running_loop().create_task(
            images.pull(name, hosts_dir=self._hosts_dir, report=heard.put_nowait)
        )
        pulling.add_done_callback(lambda _: heard.put_nowait(None))
        began = self._now()
        try:
            while (told := await heard.get()) is not None:
                if told.event in _STATES and told.name.startswith(_LAYER):
                    shown = pb.ImageServicePullProgress(layer_id=told.digest, progress=layer(told))
                    shown.progress.elapsed.FromTimedelta(self._now() - began)
                    yield pb.ImageServicePullResponse(pull_progress=shown)
            await pulling
        finally:
            pulling.cancel()
        yield pb.ImageServicePullResponse(name=name)

    async def pull_old(
        self, request: pb.ImagePullRequest, context: Context
    ) -> pb.ImagePullResponse:
        name = complete(request.reference)
        await self._images(request.namespace).pull(name, hosts_dir=self._hosts_dir)
        return pb.ImagePullResponse(messages=[pb.ImagePull()])

    async def import_archive(
        self, requests: AsyncIterator[pb.ImageServiceImportRequest], context: Context
    ) -> pb.ImageServiceImportResponse:
        """Import an archive's images; the first one's name is the answer."""
        first = await anext(requests, None)
        if first is None or first.WhichOneof("request") != "containerd":
            raise InputError("the first message says where to: expected containerd")
        saved: list[str] = []

        def report(told: Progress) -> None:
            if told.event == _SAVED:
                saved.append(told.name)

        images = self._images(first.containerd.namespace)
        await images.import_archive(_chunks(requests), report=report)
        if not saved:
            raise InputError("the archive names no image")
        return pb.ImageServiceImportResponse(name=saved[0])

    async def remove(self, request: pb.ImageServiceRemoveRequest, context: Context) -> Empty:
        images = self._images(request.containerd.namespace)
        known = {image.name for image in await images.list()}
        name = request.image_ref if request.image_ref in known else complete(request.image_ref)
        if name not in known:
            raise NotFound(f"no image {name!r}")
        await images.delete(name)
        return Empty()

    async def verify(
        self, request: pb.ImageServiceVerifyRequest, context: Context
    ) -> pb.ImageServiceVerifyResponse:
        """Say whether the image may be taken; a rule that says no is an error, with its reason."""
        given, credentials = request.credentials, None
        if given.host:
            credentials = Credentials(
                host=given.host, username=given.username, password=given.password
            )
        name = parse(complete(request.image_ref))
        image = await self._verification.resolve(name, credentials)
        try:
            verdict = await self._verification.judge(str(name), image.digest, credentials)
        except Refused as err:
            raise Conflict(f"{image}: {err}") from err
        return pb.ImageServiceVerifyResponse(
            verified=verdict.is_verified,
            message=verdict.message,
            digested_image_ref=str(verdict.image._replace(tag="")),
        )

    def _images(self, namespace: int) -> Images:
        return images_of(self._namespaces, namespace)


def images_of(namespaces: Mapping[str, Images], namespace: int) -> Images:
    """Give those of a namespace as the interface numbers them. Raises InputError."""
    found = _NAMESPACES.get(namespace)  # type: ignore[call-overload] # enums are ints there
    if found is None or found not in namespaces:
        raise InputError("expected one of the namespaces NS_SYSTEM, NS_CRI")
    return namespaces[found]


def complete(name: str) -> str:
    try:
        return str(parse(name))
    except FormatError as err:
        raise InputError(str(err), hint="write it as registry.k8s.io/pause:3.10") from err


def layer(told: Progress) -> pb.ImageServicePullLayerProgress:
    return pb.ImageServicePullLayerProgress(
        status=_STATES[told.event], offset=told.offset, total=told.total
    )


async def _chunks(requests: AsyncIterator[pb.ImageServiceImportRequest]) -> AsyncIterator[bytes]:
    async for request in requests:
        if request.WhichOneof("request") != "image_chunk":
            raise InputError("after the first message, expected chunks of the archive")
        yield request.image_chunk.bytes
