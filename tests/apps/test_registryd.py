"""registryd over real sockets: what containerd asks is answered, and no one can make it do more."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import pytest
from tests.apps import layouts

from ichor.apps.registryd import asked, server
from ichor.apps.registryd.library import Library
from ichor.apps.registryd.server import CONNECTIONS, Registry
from ichor.formats import oci
from ichor.peers.http1 import Origin, Pool, Reply, Request

NAME = "registry.example/team/app:1.0"
MANIFEST = "/v2/team/app/manifests/1.0"


def run(
    roots: list[Path], check: Callable[[Callable[..., Awaitable[Reply]], int], Awaitable[None]]
) -> None:
    """Serve the roots and let the check ask: ask(target, method, *headers) -> Reply."""

    async def main() -> None:
        registry = Registry(Library(roots))
        port = await registry.listen("127.0.0.1", 0)
        pool = Pool(Origin(host="127.0.0.1", port=port))

        async def ask(target: str, method: str = "GET", *headers: tuple[str, str]) -> Reply:
            return await pool.fetch(Request(method=method, target=target, headers=headers))

        try:
            async with asyncio.timeout(30):
                await check(ask, port)
        finally:
            await pool.close()
            await registry.close()

    asyncio.run(main())


def test_an_image_is_found_by_its_name_and_taken_by_digests(tmp_path: Path) -> None:
    found = layouts.write(tmp_path, NAME)[NAME]

    async def check(ask: Callable[..., Awaitable[Reply]], _: int) -> None:
        assert (await ask("/v2/")).status == 200
        head = await ask(f"{MANIFEST}?ns=registry.example", "HEAD")
        assert (head.status, head.body) == (200, b"")
        assert head.header("docker-content-digest") == found.digest
        assert head.header("content-type") == oci.MANIFEST_TYPE
        manifest = await ask(f"/v2/team/app/manifests/{found.digest}")
        assert len(manifest.body) == int(head.header("content-length"))
        for digest in found.blobs:
            blob = await ask(f"/v2/team/app/blobs/{digest}")
            assert blob.header("docker-content-digest") == digest
            assert "sha256:" + sha256(blob.body).hexdigest() == digest

    run([tmp_path], check)


@pytest.mark.parametrize(
    ("query", "status"),
    [("?ns=registry.example", 200), ("", 200), ("?ns=other.example", 404), ("?ns=../x", 400)],
)
def test_a_name_belongs_to_its_registry(tmp_path: Path, query: str, status: int) -> None:
    layouts.write(tmp_path, NAME)

    async def check(ask: Callable[..., Awaitable[Reply]], _: int) -> None:
        assert (await ask(MANIFEST + query)).status == status

    run([tmp_path], check)


@pytest.mark.parametrize(
    ("asked_for", "status", "expected"),
    [
        ("bytes=0-3", 206, (0, 4)),
        ("bytes=5-", 206, (5, None)),
        ("bytes=-7", 206, (-7, None)),
        ("bytes=2-99999999", 206, (2, None)),
        ("bytes=3-1", 200, (0, None)),
        ("bytes=0-1,4-5", 200, (0, None)),
        ("lines=1-2", 200, (0, None)),
    ],
)
def test_a_part_of_a_blob_can_be_taken(
    tmp_path: Path, asked_for: str, status: int, expected: tuple[int, int | None]
) -> None:
    digest = layouts.write(tmp_path, NAME, content=b"x" * 1000)[NAME].blobs[2]
    body = layouts.blob(tmp_path, digest).read_bytes()

    async def check(ask: Callable[..., Awaitable[Reply]], _: int) -> None:
        reply = await ask(f"/v2/team/app/blobs/{digest}", "GET", ("Range", asked_for))
        assert reply.status == status
        assert reply.body == body[expected[0] : expected[1]]
        if status == 206:
            first = expected[0] % len(body)
            span = f"bytes {first}-{first + len(reply.body) - 1}/{len(body)}"
            assert reply.header("content-range") == span
        beyond = await ask(f"/v2/team/app/blobs/{digest}", "GET", ("Range", "bytes=9999999-"))
        assert (beyond.status, beyond.header("content-range")) == (416, f"bytes */{len(body)}")

    run([tmp_path], check)


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/etc/passwd", 404),
        ("GET", "/v2/../../etc/passwd", 404),
        ("GET", "/v2/%2e%2e/%2e%2e/blobs/passwd", 400),
        ("GET", "/v2/team/app/blobs/sha256:..%2f..%2findex.json", 404),
        ("GET", "/v2/team/app/blobs/sha256:" + "A" * 64, 400),
        ("GET", "/v2/team/app/manifests/..", 400),
        ("GET", "/v2/team/app/manifests/%00", 400),
        ("GET", f"/v2/team/app/blobs/sha256:{'0' * 64}", 404),
        ("GET", "/v2/team/app/manifests/2.0", 404),
        ("GET", "//[", 404),
        ("POST", "/v2/team/app/blobs/uploads/", 405),
        ("DELETE", MANIFEST, 405),
    ],
)
def test_nothing_else_is_given(tmp_path: Path, method: str, target: str, status: int) -> None:
    layouts.write(tmp_path, NAME)

    async def check(ask: Callable[..., Awaitable[Reply]], _: int) -> None:
        reply = await ask(target, method)
        assert reply.status == status
        assert json.loads(reply.body)["errors"][0]["code"]

    run([tmp_path], check)


def test_a_symlink_in_a_layout_leads_nowhere(tmp_path: Path) -> None:
    layouts.write(tmp_path, NAME)
    digest = "sha256:" + "1" * 64
    layouts.blob(tmp_path, digest).symlink_to("/etc/hostname")

    async def check(ask: Callable[..., Awaitable[Reply]], _: int) -> None:
        assert (await ask(f"/v2/team/app/blobs/{digest}")).status == 404

    run([tmp_path], check)


@pytest.mark.parametrize("size", [100, 3 << 20])
def test_a_damaged_blob_never_arrives_whole(tmp_path: Path, size: int) -> None:
    digest = layouts.write(tmp_path, NAME, content=b"x" * size)[NAME].blobs[2]
    path = layouts.blob(tmp_path, digest)
    body = bytearray(path.read_bytes())
    body[600] ^= 1
    path.write_bytes(body)

    async def check(ask: Callable[..., Awaitable[Reply]], port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /v2/a/blobs/{digest} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert len(await reader.read()) < len(body)
        writer.close()
        assert (await ask("/healthz")).status == 200

    run([tmp_path], check)


def test_a_damaged_manifest_is_not_given(tmp_path: Path) -> None:
    digest = layouts.write(tmp_path, NAME)[NAME].digest
    path = layouts.blob(tmp_path, digest)
    path.write_bytes(path.read_bytes() + b" ")

    async def check(ask: Callable[..., Awaitable[Reply]], _: int) -> None:
        assert (await ask(MANIFEST)).status == 404

    run([tmp_path], check)


def test_a_damaged_index_hides_its_own_names_only(tmp_path: Path) -> None:
    layouts.write(tmp_path / "a", "registry.example/a:1")
    layouts.write(tmp_path / "b", NAME)
    (tmp_path / "a/index.json").write_text("{")

    async def check(ask: Callable[..., Awaitable[Reply]], _: int) -> None:
        assert (await ask("/v2/a/manifests/1")).status == 404
        assert (await ask(MANIFEST)).status == 200

    run([tmp_path / "a", tmp_path / "missing", tmp_path / "b"], check)


def test_an_image_that_is_added_is_served(tmp_path: Path) -> None:
    layouts.write(tmp_path, "registry.example/other:1")

    async def check(ask: Callable[..., Awaitable[Reply]], _: int) -> None:
        assert (await ask(MANIFEST)).status == 404
        layouts.write(tmp_path, NAME)
        assert (await ask(MANIFEST)).status == 200

    run([tmp_path], check)


def test_a_request_with_a_body_is_refused_unread(tmp_path: Path) -> None:
    async def check(ask: Callable[..., Awaitable[Reply]], port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\nx")
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
        await reader.read()
        writer.close()

    run([tmp_path], check)


def test_a_head_that_does_not_end_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_S", 0.05)

    async def check(_: Callable[..., Awaitable[Reply]], port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nX: y")
        assert await reader.read() == b""
        writer.close()

    run([tmp_path], check)


def test_a_head_that_is_too_long_is_refused(tmp_path: Path) -> None:
    async def check(_: Callable[..., Awaitable[Reply]], port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nX: " + b"y" * 20_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 431")
        writer.close()

    run([tmp_path], check)


def test_one_who_does_not_read_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STALL_S", 0.1)
    digest = layouts.write(tmp_path, NAME, content=bytes(64 << 20))[NAME].blobs[2]

    async def main() -> None:
        registry = Registry(Library([tmp_path]))
        port = await registry.listen("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(f"GET /v2/a/blobs/{digest} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        async with asyncio.timeout(30):
            await asyncio.gather(*registry._tasks)
        writer.close()
        await registry.close()

    asyncio.run(main())


def test_who_keeps_connecting_pushes_out_the_idle_and_not_the_served(tmp_path: Path) -> None:
    digest = layouts.write(tmp_path, NAME, content=bytes(32 << 20))[NAME].blobs[2]
    size = layouts.blob(tmp_path, digest).stat().st_size

    async def check(ask: Callable[..., Awaitable[Reply]], port: int) -> None:
        busy, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /v2/a/blobs/{digest} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await busy.readuntil(b"\r\n\r\n")
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2 * CONNECTIONS)]
        assert await held[0][0].read() == b""
        assert (await ask("/healthz")).status == 200
        assert len(await busy.readexactly(size)) == size
        for _, other in held:
            other.close()
        writer.close()

    run([tmp_path], check)


def test_one_connection_serves_many_requests(tmp_path: Path) -> None:
    async def check(_: Callable[..., Awaitable[Reply]], port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        for _reply in range(3):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(3) == b"ok\n"
        writer.close()

    run([tmp_path], check)


def test_reading_a_target_takes_linear_time() -> None:
    for part in ("a-", "a/", "._", "%2f", "&ns=x"):
        target = "/v2/" + part * 5000 + "/manifests/x?" + part * 5000
        assert asked.read("GET", target) is not None
