"""What a node sends is unpacked in one directory and nowhere else, by any Python that runs us."""

import contextlib
import io
import tarfile
from pathlib import Path

import pytest

from ichor.cli.files import extract
from ichor.errors import InputError


def archive(*members: tarfile.TarInfo) -> tarfile.TarFile:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    out.seek(0)
    return tarfile.open(fileobj=out)


def file(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = 3, 0o4755
    return info


def directory(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o555
    return info


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


@pytest.fixture(params=["with the filter", "of Debian 12"])
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "of Debian 12":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    elif not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python has no filter")


@pytest.mark.usefixtures("python")
def test_files_directories_and_links_are_unpacked_without_their_special_bits(
    tmp_path: Path,
) -> None:
    members = (directory("."), directory("d"), file("d/a"), link("d/l", "a"))
    extract(archive(*members), tmp_path / "to")
    extract(archive(*members), tmp_path)
    assert (tmp_path / "to/d/a").read_bytes() == bytes(3)
    assert (tmp_path / "d/a").read_bytes() == bytes(3)
    assert (tmp_path / "d/a").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "d/l").readlink() == Path("a")


@pytest.mark.usefixtures("python")
@pytest.mark.parametrize(
    "members",
    [
        pytest.param([file("../out")], id="name"),
        pytest.param([directory("..")], id="directory"),
        pytest.param([link("l", "../out")], id="link"),
        pytest.param([link("l", "/etc")], id="absolute-link"),
        pytest.param([link("fifo", "", tarfile.FIFOTYPE)], id="fifo"),
    ],
)
def test_what_leads_out_or_is_no_file_is_refused(
    members: list[tarfile.TarInfo], tmp_path: Path
) -> None:
    to = tmp_path / "to"
    to.mkdir()
    with pytest.raises(InputError):
        extract(archive(*members), to)
    assert list(to.iterdir()) == []
    assert [each.name for each in tmp_path.iterdir()] == ["to"]


@pytest.mark.usefixtures("python")
def test_a_link_that_leads_out_later_is_not_followed(tmp_path: Path) -> None:
    to = tmp_path / "to"
    to.mkdir()
    members = (link("l", "s/../out"), link("s", "."), file("l"))
    with contextlib.suppress(InputError):
        extract(archive(*members), to)
    assert [each.name for each in tmp_path.iterdir()] == ["to"]
