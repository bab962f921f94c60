"""Registries are asked as pulls ask them: mirrors first, and as whom the configuration says."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import h11
import pytest
from tests.apps import layouts

from ichor.apps.registryd.library import Library
from ichor.apps.registryd.server import Registry
from ichor.errors import FormatError, NotFound, TransientError
from ichor.formats import oci
from ichor.formats.reference import parse
from ichor.peers.registry import MANIFEST_MOST, HttpRegistries, endpoints
from ichor.ports.registry import Access, Credentials
from ichor.resources.cri.registry import (
    RegistryAuthConfig,
    RegistryConfig,
    RegistryEndpointConfig,
    RegistryMirrorConfig,
)

NAME = parse("registry.example/team/app:1.0")
BODY = b'{"schemaVersion":2}'
NOBODY = "http://127.0.0.1:1"
BASIC = "Basic " + base64.b64encode(b"puller:word").decode()


def access(*urls: str, skip: bool = True, **more: object) -> Access:
    listed = tuple(RegistryEndpointConfig(endpoint=url) for url in urls)
    mirror = RegistryMirrorConfig(endpoints=listed, skip_fallback=skip)
    auths = more.pop("auths", {})
    assert isinstance(auths, Mapping)
    given = more.pop("credentials", None)
    assert given is None or isinstance(given, Credentials)
    return Access(registries=RegistryConfig(mirrors={"*": mirror}, auths=auths), credentials=given)


class Told:
    """A server that answers from a table, and keeps what it was asked and as whom."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.wants = ""
        self.challenge = 'Basic realm="x"'

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        machine = h11.Connection(h11.SERVER)
        while (event := machine.next_event()) is h11.NEED_DATA:
            machine.receive_data(await reader.read(65536))
        assert isinstance(event, h11.Request)
        headers = {name.decode(): value.decode() for name, value in event.headers}
        path, shown = event.target.decode(), headers.get("authorization", "")
        self.asked.append((path, shown))
        status, told, body = self.answers.get(path.partition("?")[0], (404, {}, b""))
        if self.wants and shown != self.wants and path.startswith("/v2/"):
            status, told, body = 401, {"WWW-Authenticate": self.challenge}, MORE
        told = {**told, "Content-Length": str(len(body))}
        writer.write(
            machine.send(h11.Response(status_code=status, headers=list(told.items())))
            + machine.send(h11.Data(data=body))
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def told(server: Told) -> AsyncIterator[str]:
    made = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{made.sockets[0].getsockname()[1]}"
    finally:
        made.close()
        await made.wait_closed()


MANIFEST = "/v2/team/app/manifests/1.0"
MORE = b"<html>" + bytes(MANIFEST_MOST)  # than is taken of what was asked for


def test_an_image_and_its_blobs_are_read_from_a_registry(tmp_path: Path) -> None:
    found = layouts.write(tmp_path, str(NAME))[str(NAME)]

    async def check() -> None:
        registry = Registry(Library([tmp_path]))
        url = f"http://127.0.0.1:{await registry.listen('127.0.0.1', 0)}"
        asks, by = HttpRegistries(), access(NOBODY, url)
        try:
            manifest = await asks.manifest(NAME, by)
            assert manifest.digest == found.digest
            pinned = NAME._replace(tag="", digest=found.digest)
            assert await asks.manifest(pinned, by) == manifest
            size = layouts.blob(tmp_path, found.config).stat().st_size
            body = await asks.blob(NAME, found.config, size, by)
            assert oci.digest(body) == found.config
            with pytest.raises(NotFound, match=r"team/app has no 2\.0"):
                await asks.manifest(NAME._replace(tag="2.0"), access(url))
            with pytest.raises(TransientError, match="larger than"):
                await asks.blob(NAME, found.config, size - 1, access(url))
        finally:
            await registry.close()

    asyncio.run(check())


def test_who_could_not_be_asked_may_have_it() -> None:
    async def check() -> None:
        async with told(Told()) as lacking:
            with pytest.raises(TransientError, match=r"127\.0\.0\.1:1"):
                await HttpRegistries().manifest(NAME, access(lacking, NOBODY))
            with pytest.raises(NotFound):
                await HttpRegistries().manifest(NAME, access(lacking))

    asyncio.run(check())


def test_what_is_not_what_its_digest_says_is_no_answer() -> None:
    server = Told()
    digest = "sha256:" + "0" * 64
    server.answers = {
        f"/v2/team/app/manifests/{digest}": (200, {}, BODY),
        f"/v2/team/app/blobs/{digest}": (200, {}, BODY),
    }

    async def check() -> None:
        async with told(server) as url:
            with pytest.raises(FormatError):
                await HttpRegistries().manifest(NAME._replace(digest=digest), access(url))
            with pytest.raises(FormatError):
                await HttpRegistries().blob(NAME, digest, len(BODY), access(url))

    asyncio.run(check())


def test_a_password_goes_to_the_host_it_is_for_and_a_given_one_comes_first() -> None:
    server = Told()
    server.answers = {MANIFEST: (200, {}, BODY)}
    server.wants = BASIC

    async def check() -> None:
        async with told(server) as url:
            host = url.removeprefix("http://")
            mine = {host: RegistryAuthConfig(username="puller", password="word")}
            encoded = {host: RegistryAuthConfig(auth=BASIC.removeprefix("Basic "))}
            wrong = {host: RegistryAuthConfig(username="puller", password="other")}
            given = Credentials(host=host, username="puller", password="word")
            elsewhere = Credentials(host="b.example", username="puller", password="word")
            for by in (
                access(url, auths=mine),
                access(url, auths=encoded),
                access(url, auths=wrong, credentials=given),
                access(url, auths=mine, credentials=elsewhere),
            ):
                assert (await HttpRegistries().manifest(NAME, by)).body == BODY
            for by in (access(url), access(url, auths=wrong), access(url, credentials=elsewhere)):
                with pytest.raises(TransientError, match="refuses us: status 401"):
                    await HttpRegistries().manifest(NAME, by)
            assert "word" not in repr(given)

    asyncio.run(check())


def test_a_token_is_asked_for_where_the_registry_says() -> None:
    server = Told()
    server.wants = "Bearer abc"
    server.answers = {
        MANIFEST: (200, {}, BODY),
        "/token": (200, {}, json.dumps({"token": "abc"}).encode()),
    }

    async def check() -> None:
        async with told(server) as url:
            host = url.removeprefix("http://")
            server.challenge = f'Bearer realm="{url}/token",service="reg",scope="anything"'
            by = access(url, auths={host: RegistryAuthConfig(username="puller", password="word")})
            assert (await HttpRegistries().manifest(NAME, by)).body == BODY
        assert [shown for _, shown in server.asked] == [BASIC, BASIC, "Bearer abc"]
        query = "?scope=repository%3Ateam%2Fapp%3Apull&service=reg"
        assert server.asked[1][0] == f"/token{query}"

    asyncio.run(check())


def test_a_redirect_elsewhere_is_followed_without_the_password() -> None:
    first, second = Told(), Told()
    second.answers = {"/stored": (200, {}, BODY)}

    async def check() -> None:
        async with told(first) as url, told(second) as store:
            first.answers = {MANIFEST: (307, {"Location": f"{store}/stored?key=1"}, MORE)}
            auths = {url.removeprefix("http://"): RegistryAuthConfig(auth=BASIC[6:])}
            found = await HttpRegistries().manifest(NAME, access(url, auths=auths))
            assert found.body == BODY
            first.answers = {MANIFEST: (307, {"Location": MANIFEST}, b"")}
            with pytest.raises(TransientError, match="more than 5 redirects"):
                await HttpRegistries().manifest(NAME, access(url))
        assert first.asked[0][1] == BASIC
        assert second.asked == [("/stored?key=1", "")]

    asyncio.run(check())


def test_endpoints_are_those_that_pulls_use() -> None:
    mirrors = {
        "*": RegistryMirrorConfig(endpoints=(RegistryEndpointConfig(endpoint="http://m:1/"),)),
        "own.example": RegistryMirrorConfig(
            endpoints=(
                RegistryEndpointConfig(endpoint="https://m/api", override_path=True),
                RegistryEndpointConfig(endpoint="https://u:p@m/below"),
            ),
            skip_fallback=True,
        ),
    }
    by = Access(registries=RegistryConfig(mirrors=mirrors))

    def urls(name: str) -> list[tuple[str, str, str]]:
        return [(each.url, each.host, each.ns) for each in endpoints(name, by)]

    assert urls("a.example:5000") == [
        ("http://m:1/v2", "m:1", "a.example:5000"),
        ("https://a.example:5000/v2", "a.example:5000", ""),
    ]
    assert urls("docker.io")[1] == (
        "https://registry-1.docker.io/v2",
        "registry-1.docker.io",
        "",
    )
    assert urls("own.example") == [
        ("https://m/api", "m", "own.example"),
        ("https://u:p@m/below/v2", "m", "own.example"),
    ]
