import asyncio
import io
import os
import stat
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.serving import refused, serving

from ichor.api.machine import archive
from ichor.api.machine.aside import Aside
from ichor.api.machine.files import FileService, mode_of
from ichor.api.machine.walking import measured
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.rpc.status import Code, RpcError


def tree(root: Path) -> Path:
    """A directory with a file, a link, a FIFO and a directory that has a file."""
    top = root / "top"
    (top / "inner").mkdir(parents=True)
    (top / "a").write_bytes(b"alpha")
    (top / "inner" / "b").write_bytes(b"b" * 100_000)
    (top / "link").symlink_to("a")
    os.mkfifo(top / "fifo")
    return top


def listed(tmp_path: Path, request: pb.ListRequest) -> list[pb.FileInfo]:
    async def run() -> list[pb.FileInfo]:
        async with serving(tmp_path, FileService(Aside()).handlers()) as node:
            return [one async for one in node.stream("List", request, pb.FileInfo)]

    return asyncio.run(run())


def read(tmp_path: Path, path: Path | str) -> list[bytes]:
    async def run() -> list[bytes]:
        async with serving(tmp_path, FileService(Aside()).handlers()) as node:
            request = pb.ReadRequest(path=str(path))
            return [one.bytes async for one in node.stream("Read", request, common_pb2.Data)]

    return asyncio.run(run())


def test_a_listing_has_the_directory_itself_and_what_is_in_it(tmp_path: Path) -> None:
    found = listed(tmp_path, pb.ListRequest(root=str(tree(tmp_path))))
    assert [one.relative_name for one in found] == [".", "a", "fifo", "inner", "link"]
    assert [one.is_dir for one in found] == [True, False, False, True, False]
    assert found[-1].link == "a"
    assert found[1].size == 5


def test_recursion_goes_as_deep_as_asked(tmp_path: Path) -> None:
    top = tree(tmp_path)
    deep = listed(tmp_path, pb.ListRequest(root=str(top), recurse=True, recursion_depth=2))
    assert "inner/b" in [one.relative_name for one in deep]
    whole = listed(tmp_path, pb.ListRequest(root=str(top), recurse=True))
    assert [one.relative_name for one in whole] == [one.relative_name for one in deep]


def test_types_choose_what_is_listed(tmp_path: Path) -> None:
    request = pb.ListRequest(root=str(tree(tmp_path)), types=["SYMLINK", "REGULAR"])
    assert [one.relative_name for one in listed(tmp_path, request)] == ["a", "link"]


def test_a_root_that_is_not_there_is_an_entry_with_an_error(tmp_path: Path) -> None:
    (found,) = listed(tmp_path, pb.ListRequest(root=str(tmp_path / "none")))
    assert "No such file" in found.error


def test_the_mode_says_kind_and_permissions_as_clients_read_them() -> None:
    assert mode_of(stat.S_IFDIR | 0o755) == 1 << 31 | 0o755
    assert mode_of(stat.S_IFREG | stat.S_ISUID | 0o755) == 1 << 23 | 0o755
    assert mode_of(stat.S_IFCHR | 0o600) == 1 << 26 | 1 << 21 | 0o600


def test_a_file_comes_in_pieces_and_whole(tmp_path: Path) -> None:
    pieces = read(tmp_path, tree(tmp_path) / "inner" / "b")
    assert b"".join(pieces) == b"b" * 100_000
    assert max(map(len, pieces)) == 32 * 1024


def test_reading_follows_links(tmp_path: Path) -> None:
    assert b"".join(read(tmp_path, tree(tmp_path) / "link")) == b"alpha"


@pytest.mark.parametrize("name", ["fifo", "inner"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(RpcError) as caught:
        read(tmp_path, tree(tmp_path) / name)
    refused(caught.value, Code.INVALID_ARGUMENT, "no regular file")


def test_devices_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(RpcError) as caught:
        read(tmp_path, "/dev/zero")
    refused(caught.value, Code.INVALID_ARGUMENT, "no regular file")


def test_a_missing_file_and_a_relative_path_are_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(RpcError) as caught:
        read(tmp_path, tmp_path / "none")
    refused(caught.value, Code.NOT_FOUND)
    with pytest.raises(RpcError) as caught:
        read(tmp_path, "etc/passwd")
    refused(caught.value, Code.INVALID_ARGUMENT, "absolute")


def test_a_copy_is_a_tar_of_files_directories_and_links(tmp_path: Path) -> None:
    top = tree(tmp_path)

    async def run() -> bytes:
        async with serving(tmp_path, FileService(Aside()).handlers()) as node:
            request = pb.CopyRequest(root_path=str(top))
            stream = node.stream("Copy", request, common_pb2.Data)
            return b"".join([one.bytes async for one in stream])

    with tarfile.open(fileobj=io.BytesIO(asyncio.run(run()))) as tar:
        assert tar.getnames() == [".", "a", "inner", "inner/b", "link"]
        assert tar.getmember("link").linkname == "a"
        extracted = tar.extractfile("inner/b")
        assert extracted is not None
        assert extracted.read() == b"b" * 100_000


def test_a_copy_of_one_file_has_its_name(tmp_path: Path) -> None:
    data = b"".join(archive.tar_gz(tree(tmp_path) / "a"))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == ["a"]


@given(st.binary(max_size=200_000))
def test_an_archive_of_any_bytes_gives_them_back(content: bytes) -> None:
    data = b"".join(archive.of_file("name", content))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        member = tar.extractfile("name")
        assert member is not None
        assert member.read() == content


def test_usage_sums_up_directories(tmp_path: Path) -> None:
    top = tree(tmp_path)

    async def run(**options: int) -> dict[str, int]:
        async with serving(tmp_path, FileService(Aside()).handlers()) as node:
            request = pb.DiskUsageRequest(paths=[str(top)], **options)  # type: ignore[arg-type]
            stream = node.stream("DiskUsage", request, pb.DiskUsageInfo)
            return {one.relative_name: one.size async for one in stream}

    inner = 100_000 + (top / "inner").stat().st_size
    found = asyncio.run(run(recursion_depth=1))
    assert found["inner"] == inner
    assert found["."] > inner
    assert asyncio.run(run()).keys() == {"."}
    assert "a" in asyncio.run(run(recursion_depth=1, all=True))
    assert asyncio.run(run(recursion_depth=1, threshold=1 << 20)) == {}


def test_directories_nested_deeper_than_python_recurses_are_listed_summed_and_copied(
    tmp_path: Path,
) -> None:
    depth, top = 1100, tmp_path / "deep"
    path = top
    path.mkdir()
    for _ in range(depth):
        path /= "d"
        path.mkdir()
    try:
        found = listed(tmp_path, pb.ListRequest(root=str(top), recurse=True))
        assert len(found) == depth + 1
        assert found[-1].relative_name.count("d") == depth
        ((size, *_), *_) = reversed(list(measured(top)))
        assert size == sum(one.size for one in found)
        assert b"".join(archive.tar_gz(top))
    finally:
        for _ in range(depth):
            path.rmdir()
            path = path.parent
