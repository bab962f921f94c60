"""The image services over a fake runtime: names, namespaces, progress, refusals."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.protobuf.empty_pb2 import Empty
from tests.api.serving import CLOCK, refused, serving

from ichor.api.machine.images import SERVICE, ImageService
from ichor.api.verification import Verification
from ichor.client.machine import Node
from ichor.cosi.memory import Memory
from ichor.errors import NotFound
from ichor.peers.registry import HttpRegistries
from ichor.pki.signing import Answer, Question
from ichor.ports.containers import Image, Progress, Report
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.method import method
from ichor.rpc.status import Code, RpcError

MADE = datetime(2026, 1, 1, tzinfo=UTC)
CRI = common_pb2.ContainerdInstance(driver=common_pb2.CRI, namespace=common_pb2.NS_CRI)
LAYER = "sha256:" + "a" * 64


class FakeImages:
    """Has what was pulled and imported; `lacking` is nowhere to be pulled from."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.lacking = "a.example/lacking:1"
        self.hosts = ""

    async def get(self, name: str) -> Image:
        raise NotImplementedError

    async def list(self) -> tuple[Image, ...]:
        return tuple(
            Image(name=name, digest=LAYER, size=1, created=MADE, labels={"a": "b"})
            for name in self.names
        )

    async def size(self, image: Image) -> int:
        return 100 + image.size

    async def layers(self, image: Image) -> tuple[str, ...]:
        raise NotImplementedError

    async def import_archive(
        self,
        chunks: AsyncIterator[bytes],
        *,
        prefixes: tuple[str, ...] = (),
        report: Report | None = None,
    ) -> None:
        assert prefixes == ()
        name = b"".join([chunk async for chunk in chunks]).decode()
        if report is not None and name:
            report(Progress(event="saved", name=name))

    async def pull(self, name: str, *, hosts_dir: str = "", report: Report | None = None) -> None:
        if name == self.lacking:
            raise NotFound(f"{name}: not found")
        self.hosts = hosts_dir
        self.names.append(name)
        if report is not None:
            report(Progress(event="waiting", total=9, name=f"layer-{LAYER}", digest=LAYER))
            report(
                Progress(
                    event="downloading", offset=3, total=9, name=f"layer-{LAYER}", digest=LAYER
                )
            )
            report(Progress(event="complete", offset=9, total=9, name="config-x"))
            report(
                Progress(event="extracted", offset=9, total=9, name=f"layer-{LAYER}", digest=LAYER)
            )

    async def delete(self, name: str) -> None:
        self.names.remove(name)


def unasked() -> Verification:
    """Give what knows no rule, for who asks it nothing."""
    return Verification(Memory(CLOCK.now), HttpRegistries(), NoSigner())


class NoSigner:
    async def ask(self, question: Question) -> Answer:
        raise NotImplementedError


def run(tmp_path: Path, images: FakeImages, check: Callable[[Node], Awaitable[None]]) -> None:
    async def main() -> None:
        service = ImageService({"k8s.io": images}, "/hosts", CLOCK.now, unasked())
        async with serving(tmp_path, service.handlers()) as node:
            await check(node)

    asyncio.run(main())


def test_images_are_listed_by_name_with_what_they_weigh(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        request, answer = pb.ImageServiceListRequest(containerd=CRI), pb.ImageServiceListResponse
        found = [one async for one in node.stream("List", request, answer, service=SERVICE)]
        assert [(one.name, one.size) for one in found] == [("a", 101), ("b", 101)]
        assert found[0].created_at.ToDatetime(UTC) == MADE
        assert dict(found[0].labels) == {"a": "b"}
        old = pb.ImageListRequest(namespace=common_pb2.NS_CRI)
        listed = [one async for one in node.stream("ImageList", old, pb.ImageListResponse)]
        assert [one.name for one in listed] == ["a", "b"]

    run(tmp_path, FakeImages("b", "a"), check)


def test_a_pull_tells_of_its_layers_and_ends_with_the_whole_name(tmp_path: Path) -> None:
    images = FakeImages()

    async def check(node: Node) -> None:
        request = pb.ImageServicePullRequest(containerd=CRI, image_ref="busybox")
        answer = pb.ImageServicePullResponse
        *told, last = [one async for one in node.stream("Pull", request, answer, service=SERVICE)]
        assert last.name == "docker.io/library/busybox:latest"
        assert [one.pull_progress.layer_id for one in told] == [LAYER, LAYER]
        assert [
            (one.pull_progress.progress.status, one.pull_progress.progress.offset) for one in told
        ] == [
            (pb.ImageServicePullLayerProgress.DOWNLOADING, 3),
            (pb.ImageServicePullLayerProgress.EXTRACT_COMPLETE, 9),
        ]
        assert images.hosts == "/hosts"
        old = pb.ImagePullRequest(namespace=common_pb2.NS_CRI, reference="a.example/b:1")
        await node.call("ImagePull", old, pb.ImagePullResponse)
        assert images.names == ["docker.io/library/busybox:latest", "a.example/b:1"]

    run(tmp_path, images, check)


@pytest.mark.parametrize(
    ("containerd", "name", "code"),
    [
        (CRI, FakeImages().lacking, Code.NOT_FOUND),
        (CRI, "a.example/../b", Code.INVALID_ARGUMENT),
        (common_pb2.ContainerdInstance(), "a.example/b:1", Code.INVALID_ARGUMENT),
        (
            common_pb2.ContainerdInstance(namespace=common_pb2.NS_SYSTEM),
            "a.example/b:1",
            Code.INVALID_ARGUMENT,
        ),
    ],
)
def test_what_cannot_be_pulled_is_refused(
    tmp_path: Path, containerd: common_pb2.ContainerdInstance, name: str, code: Code
) -> None:
    async def check(node: Node) -> None:
        request = pb.ImageServicePullRequest(containerd=containerd, image_ref=name)
        with pytest.raises(RpcError) as caught:
            async for _ in node.stream(
                "Pull", request, pb.ImageServicePullResponse, service=SERVICE
            ):
                pass
        refused(caught.value, code)

    run(tmp_path, FakeImages(), check)


def test_an_image_is_removed_by_any_of_its_names_and_only_if_it_is_there(tmp_path: Path) -> None:
    images = FakeImages("docker.io/library/busybox:latest", "sha256:abc")

    async def check(node: Node) -> None:
        async def remove(name: str) -> None:
            request = pb.ImageServiceRemoveRequest(containerd=CRI, image_ref=name)
            await node.call("Remove", request, Empty, service=SERVICE)

        await remove("busybox")
        await remove("sha256:abc")
        assert images.names == []
        with pytest.raises(RpcError) as caught:
            await remove("busybox")
        refused(caught.value, Code.NOT_FOUND, "docker.io/library/busybox:latest")

    run(tmp_path, images, check)


async def sent(node: Node, *requests: pb.ImageServiceImportRequest) -> str:
    answer = pb.ImageServiceImportResponse
    found = method(pb, SERVICE, "Import", pb.ImageServiceImportRequest, answer)
    async with node.open(found) as stream:
        for request in requests:
            await stream.send(request)
        await stream.done()
        reply = await stream.receive()
    assert reply is not None
    return reply.name


def chunk(text: str) -> pb.ImageServiceImportRequest:
    return pb.ImageServiceImportRequest(image_chunk=common_pb2.Data(bytes=text.encode()))


def test_an_archive_is_taken_in_pieces_and_answered_by_its_name(tmp_path: Path) -> None:
    begin = pb.ImageServiceImportRequest(containerd=CRI)

    async def check(node: Node) -> None:
        assert await sent(node, begin, chunk("a.example"), chunk("/b:1")) == "a.example/b:1"
        for requests in ((), (chunk("x"),), (begin,), (begin, begin)):
            with pytest.raises(RpcError) as caught:
                await sent(node, *requests)
            refused(caught.value, Code.INVALID_ARGUMENT)

    run(tmp_path, FakeImages(), check)
