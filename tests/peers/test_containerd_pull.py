"""A real containerd pulls from our registry, by the files that we write for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.apps import layouts
from tests.peers.test_containerd import ready, service

from ichor.apps.registryd.library import Library
from ichor.apps.registryd.server import Registry
from ichor.controllers.cri.hosts import render
from ichor.errors import NotFound
from ichor.formats import oci
from ichor.image import layout
from ichor.peers.containerd import ContainerdContainers
from ichor.ports.containers import Progress
from ichor.resources.cri.registry import (
    RegistryConfig,
    RegistryEndpointConfig,
    RegistryMirrorConfig,
)

pytestmark = [pytest.mark.cluster, pytest.mark.root]

NAME = "registry.example/team/program:1"


@asynccontextmanager
async def mirrored(directory: Path, images: Path) -> AsyncIterator[str]:
    """Serve a layout; gives the directory of hosts by which it stands for every registry."""
    registry = Registry(Library([images]))
    port = await registry.listen("127.0.0.1", 0)
    endpoint = RegistryEndpointConfig(endpoint=f"http://127.0.0.1:{port}")
    mirror = RegistryMirrorConfig(endpoints=(endpoint,), skip_fallback=True)
    (directory / "hosts/_default").mkdir(parents=True)
    written = render("*", mirror, RegistryConfig(mirrors={"*": mirror}))
    (directory / "hosts/_default/hosts.toml").write_text(written)
    try:
        yield str(directory / "hosts")
    finally:
        await registry.close()


def program_of(home: Path, directory: Path) -> layout.Found:
    entry = layout.entry(home / "program", "program", 0o755)
    image = oci.Image(NAME, (layout.write_layer([entry], directory),), ("/program",))
    layout.write_index([image], directory)
    return layout.images(directory)[NAME]


def test_an_image_is_pulled_weighed_told_of_and_removed(
    home: Path,
    tmp_path: Path,
) -> None:
    made = program_of(home, tmp_path / "images")
    told: list[Progress] = []

    async def check() -> None:
        async with (
            ready(home) as (images, _),
            mirrored(tmp_path, tmp_path / "images") as hosts,
        ):
            await images.pull(NAME, hosts_dir=hosts, report=told.append)
            image = await images.get(NAME)
            assert image.digest == made.digest
            assert await images.size(image) == made.size
            assert [one.name for one in told if one.event == "saved"] == [NAME]
            assert f"layer-{made.blobs[2]}" in {one.name for one in told}
            await images.delete(NAME)
            with pytest.raises(NotFound):
                await images.get(NAME)

    asyncio.run(check())


def test_a_service_whose_image_is_missing_pulls_it(
    home: Path,
    tmp_path: Path,
) -> None:
    program_of(home, tmp_path / "images")

    async def check() -> None:
        async with (
            ready(home) as (images, pulling_none),
            mirrored(tmp_path, tmp_path / "images") as hosts,
        ):
            channel = pulling_none._caller._channel
            containers = ContainerdContainers(channel, "system", hosts_dir=hosts)
            await containers.start(replace(service(home, "end", "3"), image=NAME))
            assert (await containers.wait("etcd")).status == 3
            await containers.remove("etcd")
            await images.delete(NAME)

    asyncio.run(check())


def test_an_archive_is_taken_under_the_names_it_has(home: Path, tmp_path: Path) -> None:
    program_of(home, tmp_path / "images")
    layout.archive(tmp_path / "images", [NAME], tmp_path / "images.tar")
    told: list[Progress] = []

    async def chunks() -> AsyncIterator[bytes]:
        yield (tmp_path / "images.tar").read_bytes()

    async def check() -> None:
        async with ready(home) as (images, _):
            before = {image.name for image in await images.list()}
            await images.import_archive(chunks(), report=told.append)
            assert [one.name for one in told if one.event == "saved"] == [NAME]
            assert {image.name for image in await images.list()} - before == {NAME}
            await images.delete(NAME)

    asyncio.run(check())


def test_a_damaged_image_is_not_taken(home: Path, tmp_path: Path) -> None:
    made = program_of(home, tmp_path / "images")
    path = layouts.blob(tmp_path / "images", made.blobs[2])
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    async def check() -> None:
        async with (
            ready(home) as (images, _),
            mirrored(tmp_path, tmp_path / "images") as hosts,
        ):
            with pytest.raises(Exception, match=r"EOF|digest|unexpected|connection"):
                await images.pull(NAME, hosts_dir=hosts)
            with pytest.raises(NotFound):
                await images.get(NAME)

    asyncio.run(check())
