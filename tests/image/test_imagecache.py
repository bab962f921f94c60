"""Caches of images: what is asked for and all it needs, readable by anyone, replaced when told."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.apps import layouts

from ichor.apps.registryd.library import Library
from ichor.cli.image import image
from ichor.errors import InputError
from ichor.image import layout
from ichor.image.imagecache import create
from ichor.image.signature import attach

NAMES = ("a.example/one:1", "a.example/two:1")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    layouts.write(tmp_path / "source", *NAMES)
    return tmp_path / "source"


def test_a_cache_holds_what_was_asked_for_and_nothing_else(tmp_path: Path, source: Path) -> None:
    found = create(tmp_path / "cache", source, NAMES[:1])
    assert [each.name for each in found] == list(NAMES[:1])
    assert layout.images(tmp_path / "cache") == {NAMES[0]: layout.images(source)[NAMES[0]]}
    files = {path.name for path in (tmp_path / "cache/blobs/sha256").iterdir()}
    assert files == {blob.removeprefix("sha256:") for blob in found[0].blobs}
    library = Library([tmp_path / "cache"])
    assert library.document("a.example", "one", "1") is not None
    assert library.document("a.example", "two", "1") is None


def test_everyone_may_read_it_whatever_the_source_was(tmp_path: Path, source: Path) -> None:
    for path in (source / "blobs/sha256").iterdir():
        path.chmod(0o600)
    create(tmp_path / "cache", source)
    for path in (tmp_path / "cache").rglob("*"):
        assert path.stat().st_mode & 0o005 >= (0o005 if path.is_dir() else 0o004)


def test_one_that_is_there_is_replaced_only_when_told(tmp_path: Path, source: Path) -> None:
    create(tmp_path / "cache", source, NAMES[:1])
    with pytest.raises(InputError, match="--force"):
        create(tmp_path / "cache", source, NAMES[1:])
    create(tmp_path / "cache", source, NAMES[1:], force=True)
    assert list(layout.images(tmp_path / "cache")) == list(NAMES[1:])
    assert len(list((tmp_path / "cache/blobs/sha256").iterdir())) == 3


def test_a_directory_of_something_else_is_left_alone(tmp_path: Path, source: Path) -> None:
    (source.parent / "mine").mkdir()
    (source.parent / "mine/file").touch()
    with pytest.raises(InputError, match="not empty"):
        create(source.parent / "mine", source, force=True)
    assert [path.name for path in (source.parent / "mine").iterdir()] == ["file"]


def test_an_archive_tells_neither_when_nor_by_whom_it_was_made(
    tmp_path: Path, source: Path
) -> None:
    one, other = tmp_path / "one.tar", tmp_path / "other.tar"
    layout.archive(source, NAMES, one)
    for path in source.rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))
            path.chmod(0o600)
    layout.archive(source, NAMES, other)
    assert one.read_bytes() == other.read_bytes()


def test_bad_input_is_told(tmp_path: Path, source: Path) -> None:
    with pytest.raises(InputError, match=r"no image 'a.example/tow:1'.*a.example/two:1"):
        create(tmp_path / "cache", source, ["a.example/tow:1"])
    with pytest.raises(InputError, match="no OCI layout"):
        create(tmp_path / "cache", tmp_path / "nothing")
    assert not (tmp_path / "cache").exists()


def test_the_command_says_what_it_took(tmp_path: Path, source: Path) -> None:
    words = ["cache-create", "--image-cache-path", str(tmp_path / "c"), "--from", str(source)]
    done = CliRunner().invoke(image, [*words, "--images", ",".join(NAMES)])
    assert done.exit_code == 0, done.output
    assert [line.split()[0] for line in done.output.splitlines()] == list(NAMES)


@pytest.mark.parametrize(
    ("words", "taken"), [((), True), (("--cosign-signatures=false",), False)], ids=str
)
def test_signatures_go_with_their_images(
    tmp_path: Path, source: Path, words: tuple[str, ...], taken: bool
) -> None:
    signed = attach(source, NAMES, lambda data: data)
    target = tmp_path / "cache"
    argv = ["--image-cache-path", str(target), "--from", str(source), "--images", NAMES[0], *words]
    done = CliRunner().invoke(image, ["cache-create", *argv])
    assert done.exit_code == 0, done.output
    assert set(layout.images(target)) == {NAMES[0], *(signed[:1] if taken else ())}
