"""What is built twice is compared to the last bit; what is taken over is what was downloaded."""

import os
from pathlib import Path

import pytest
from tools import reproduce
from tools.reproduce import Row, closure, compare, is_taken

from ichor.image.cache import Cache, Step


def nothing(out: Path) -> None:
    del out


def tree(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/a").write_bytes(b"a")
    (folder / "bin/b").write_bytes(b"b")
    (folder / "link").symlink_to("bin/a")
    for path in (folder / "bin/a", folder / "bin/b"):
        path.chmod(0o644)
    return folder


def test_equal_trees_are_equal_whenever_they_were_made(tmp_path: Path) -> None:
    one, other = tree(tmp_path / "one"), tree(tmp_path / "other")
    os.utime(other / "bin/a", (1, 1))
    assert compare("x", one, other) == Row("x", 4)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("bin/a", lambda path: path.write_bytes(b"A")),
        ("bin/a", lambda path: path.chmod(0o600)),
        ("bin", lambda path: path.chmod(0o700)),
        ("bin/b", lambda path: path.unlink()),
        ("more", lambda path: path.touch()),
        ("link", lambda path: (path.unlink(), path.symlink_to("bin/b"))),
    ],
)
def test_what_differs_is_named(tmp_path: Path, name: str, change: object) -> None:
    one, other = tree(tmp_path / "one"), tree(tmp_path / "other")
    assert callable(change)
    change(other / name)
    found = compare("x", one, other)
    assert found.differs.startswith("1 of ")
    assert found.differs.endswith(f"such as {name}")


def test_downloads_are_taken_and_the_kernel_unless_asked_for() -> None:
    package, kernel = Step("debian/libc6", nothing), Step("kernel/test", nothing)
    root = Step("root", nothing, needs=(Step("tree", nothing, needs=(package,)), kernel))
    names = [step.name for step in closure([root, package]).values()]
    assert names == ["debian/libc6", "tree", "kernel/test", "root"]
    every = [package, kernel, root]
    assert [is_taken(step, [reproduce.KERNEL]) for step in every] == [True, True, False]
    assert [is_taken(step) for step in every] == [True, False, False]
    assert [is_taken(step, ["ro"]) for step in every] == [True, False, True]


def test_a_step_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    first, second, step = Cache(tmp_path / "one"), Cache(tmp_path / "other"), Step("x", nothing)
    tree(first.path(step))
    (row,) = reproduce.rows(first, second, [step])
    assert "not there" in row.differs
    assert reproduce.show([row], 0) == 1
    tree(second.path(step))
    assert list(reproduce.rows(first, second, [step])) == [Row("x", 4)]
    assert reproduce.show([Row("x", 4)], 0) == 0
    assert reproduce.show([], 7) == 1


def test_the_second_build_has_places_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICHOR_CACHE", "mine")
    monkeypatch.setenv("PYTHONPATH", "mine")
    first, second = Cache(tmp_path / "one"), Cache(tmp_path / "other")
    found = reproduce.environment(first, second, tmp_path / "place", tmp_path)
    assert found["ICHOR_CACHE"] == str(tmp_path / "other")
    assert found["PYTHONPATH"] == str(tmp_path / "place/src")
    assert found["GOPROXY"] == f"file://{tmp_path}/one/go/mod/cache/download"
    assert found["HOME"] == str(tmp_path / "home")


def test_a_checkout_has_what_git_does_not_ignore(tmp_path: Path) -> None:
    reproduce.checkout(tmp_path / "out")
    assert (tmp_path / "out/components/versions.toml").is_file()
    assert (tmp_path / "out/tools/reproduce.py").is_file()
    assert not (tmp_path / "out/.venv").exists()
