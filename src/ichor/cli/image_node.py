"""`ichor image list`, `pull`, `remove`: the images of machines."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ichor.cli.node import Target, calls_machines
from ichor.cli.table import print_table, size
from ichor.errors import InputError

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.common import common_pb2
    from ichor.proto.machine import machine_pb2 as pb

SERVICE: Final = "ImageService"
_CHUNK: Final = 1 << 20
_namespace = click.option(
    "--namespace",
    type=click.Choice(["system", "cri"]),
    default="cri",
    show_default=True,
    help="system: of the OS' own services; cri: of pods.",
)


def instance(namespace: str) -> "common_pb2.ContainerdInstance":
    from ichor.proto.common import common_pb2

    if namespace == "cri":
        driver, found = common_pb2.CRI, common_pb2.NS_CRI
    else:
        driver, found = common_pb2.CONTAINERD, common_pb2.NS_SYSTEM
    return common_pb2.ContainerdInstance(driver=driver, namespace=found)


@click.command("list")
@_namespace
@calls_machines
def list_(target: Target, *, namespace: str) -> None:
    """List images."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.ImageServiceListRequest(containerd=instance(namespace))
    answer = pb.ImageServiceListResponse

    async def ask(node: "Node") -> "list[pb.ImageServiceListResponse]":
        return [one async for one in node.stream("List", request, answer, service=SERVICE)]

    def rows(name: str, found: "list[pb.ImageServiceListResponse]") -> Iterator[tuple[str, ...]]:
        for one in found:
            created = one.created_at.ToJsonString()
            yield name, one.name, one.digest, size(one.size), created

    heading = ("NODE", "IMAGE", "DIGEST", "SIZE", "CREATED")
    target.each(
        ask,
        lambda answers: print_table(
            [heading, *(row for name, found in answers for row in rows(name, found))]
        ),
    )


@click.command()
@click.argument("image")
@_namespace
@calls_machines
def pull(target: Target, image: str, *, namespace: str) -> None:
    """Pull IMAGE; a file is taken as an archive of images, and sent."""
    archive = Path(image) if Path(image).is_file() else None

    async def ask(node: "Node", several: bool) -> None:
        del several
        done = send(node, archive, namespace) if archive else pull_to(node, image, namespace)
        print(f"{node.name}: {await done}")

    target.stream(ask)


async def pull_to(node: "Node", image: str, namespace: str) -> str:
    """Have a machine pull an image, tell how far it is, and give its name there."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.ImageServicePullRequest(containerd=instance(namespace), image_ref=image)
    name = ""
    shown = pb.ImageServicePullResponse
    async for told in node.stream("Pull", request, shown, service=SERVICE):
        if told.WhichOneof("response") == "pull_progress":
            print(f"{node.name}: {progress(told.pull_progress)}", file=sys.stderr)
        name = told.name or name
    return name


def progress(told: "pb.ImageServicePullProgress") -> str:
    """Write how far a layer is."""
    from ichor.proto.machine import machine_pb2 as pb

    state = pb.ImageServicePullLayerProgress.Status.Name(told.progress.status)
    done, total = size(told.progress.offset), size(told.progress.total)
    layer = told.layer_id.removeprefix("sha256:")[:12]
    return f"{layer} {state.lower().replace('_', ' ')} {done} of {total}"


async def send(node: "Node", path: Path, namespace: str) -> str:
    from ichor.proto.machine import machine_pb2 as pb
    from ichor.rpc.method import method

    answer = pb.ImageServiceImportResponse
    found = method(pb, SERVICE, "Import", pb.ImageServiceImportRequest, answer)
    async with node.open(found) as stream:
        async for request in _requests(path, namespace):
            await stream.send(request)
        await stream.done()
        reply = await stream.receive()
    if reply is None:
        raise InputError(f"{node.name} did not say what it imported", path=str(path))
    return reply.name


async def _requests(path: Path, namespace: str) -> "AsyncIterator[pb.ImageServiceImportRequest]":
    from ichor.proto.common import common_pb2
    from ichor.proto.machine import machine_pb2 as pb

    yield pb.ImageServiceImportRequest(containerd=instance(namespace))
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield pb.ImageServiceImportRequest(image_chunk=common_pb2.Data(bytes=chunk))


@click.command()
@click.argument("image")
@_namespace
@calls_machines
def remove(target: Target, image: str, *, namespace: str) -> None:
    """Remove IMAGE and what only it used."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.machine import machine_pb2 as pb

    request = pb.ImageServiceRemoveRequest(containerd=instance(namespace), image_ref=image)

    async def ask(node: "Node") -> Empty:
        return await node.call("Remove", request, Empty, service=SERVICE, timeout_s=60)

    target.each(ask, lambda _: None)
