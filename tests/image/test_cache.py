import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ichor.image.cache import Cache, Step, file_digest, write_atomic
from ichor.image.progress import Clock, Silent


class Diary(Silent):
    def __init__(self) -> None:
        self.built: list[str] = []
        self.planned: list[str] = []
        self.way: list[tuple[str, float]] = []

    def plan(self, steps: Sequence[tuple[str, float]]) -> None:
        self.planned = [name for name, _ in steps]

    def reached(self, name: str, fraction: float) -> None:
        self.way.append((name, fraction))

    def ended(self, name: str, seconds: float) -> None:
        self.built.append(name)


def writes(text: str) -> Callable[[Path], None]:
    def build(out: Path) -> None:
        (out / "file").write_text(text)

    return build


def step(name: str, *needs: Step, **inputs: str) -> Step:
    return Step(name, writes(name), inputs, needs)


def test_modes_are_those_of_the_step_and_not_of_who_builds_it(tmp_path: Path) -> None:
    cache, one = Cache(tmp_path), step("one")
    before = os.umask(0o077)
    try:
        cache.make([one], Silent())
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(before)
    found = cache.path(one), cache.path(one) / "file"
    assert [path.stat().st_mode & 0o777 for path in found] == [0o755, 0o644]


def test_what_is_needed_is_built_first_and_once(tmp_path: Path) -> None:
    base = step("base")
    left, right = step("left", base), step("right", base)
    top, diary = step("top", left, right), Diary()
    Cache(tmp_path).make([top], diary)
    assert diary.built == ["base", "left", "right", "top"]
    assert (Cache(tmp_path).path(top) / "file").read_text() == "top"


def test_a_second_run_builds_nothing(tmp_path: Path) -> None:
    cache, diary = Cache(tmp_path), Diary()
    cache.make([step("a")], Silent())
    cache.make([step("a")], diary)
    assert diary.built == []


def test_a_changed_input_changes_the_key_of_all_that_need_it() -> None:
    old, new = step("base", go="1"), step("base", go="2")
    assert old.key != new.key
    assert step("top", old).key != step("top", new).key
    assert step("top", old).key == step("top", step("base", go="1")).key


def test_only_what_depends_on_a_change_is_built_again(tmp_path: Path) -> None:
    cache, diary = Cache(tmp_path), Diary()
    cache.make([step("top", step("a", v="1"), step("b"))], Silent())
    cache.make([step("top", step("a", v="2"), step("b"))], diary)
    assert diary.built == ["a", "top"]


def test_a_failed_step_leaves_no_result_and_can_be_tried_again(tmp_path: Path) -> None:
    cache, done = Cache(tmp_path), [False]

    def build(out: Path) -> None:
        assert not list(out.iterdir())
        (out / "part").touch()
        if not done[0]:
            raise KeyboardInterrupt

    flaky = Step("flaky", build)
    with pytest.raises(KeyboardInterrupt):
        cache.make([step("before"), flaky], Silent())
    assert not cache.has(flaky)
    assert cache.has(step("before"))
    done[0] = True
    cache.make([flaky], Silent())
    assert cache.has(flaky)


class Asking(Diary):
    """Tells another thread that it waits, by a queue."""

    def __init__(self, told: "queue.Queue[str]") -> None:
        super().__init__()
        self._told = told

    def waits(self, holder: str) -> None:
        self._told.put(holder)


def test_a_second_build_is_told_who_holds_the_lock_and_then_builds_nothing(tmp_path: Path) -> None:
    told: queue.Queue[str] = queue.Queue()
    second = Asking(told)
    waiting = threading.Thread(target=Cache(tmp_path).make, args=([step("a")], second))

    def slow(out: Path) -> None:
        waiting.start()
        assert f"process {os.getpid()}" in told.get()

    Cache(tmp_path).make([Step("slow", slow), step("a")], Silent())
    waiting.join()
    assert second.built == []
    assert Cache(tmp_path).has(step("a"))


def test_old_results_of_a_name_are_removed_but_not_the_newest_or_the_days(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(8):
        cache.make([step("a", v=str(number))], Silent())
        path = cache.path(step("a", v=str(number)))
        os.utime(path, (number, number) if number < 7 else None)
    cache.make([step("ab", v="1"), step("a", v="9")], Silent())
    left = [number for number in range(10) if cache.has(step("a", v=str(number)))]
    assert left == [5, 6, 7, 9]
    assert cache.has(step("ab", v="1"))


def test_what_a_killed_build_has_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "tmp/a-0123.77/x").mkdir(parents=True)
    Cache(tmp_path).make([step("a")], Silent())
    assert not list((tmp_path / "tmp").iterdir())


def test_costs_are_kept_for_the_next_estimate(tmp_path: Path) -> None:
    Cache(tmp_path).make([step("a")], Silent())
    assert set(Cache(tmp_path).costs()["a"]) == {"seconds", "cpu"}
    (tmp_path / "seconds.json").write_text('{"b": {"seconds": 7, "cpu": 1}}')
    wanted = [step("a"), step("b", Step("c", writes("c"), seconds=5))]
    assert Cache(tmp_path).estimate(wanted) == 12
    (tmp_path / "seconds.json").write_text("{broken")
    assert Cache(tmp_path).costs() == {}


def test_a_digest_of_files_sees_names_and_contents_but_no_byte_code(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "x").write_text("1")
    first = file_digest(folder)
    (folder / "__pycache__/x.pyc").write_text("2")
    assert file_digest(folder) == first
    (folder / "x").write_text("2")
    second = file_digest(folder)
    (folder / "x").rename(folder / "y")
    assert len({first, second, file_digest(folder)}) == 3


def test_an_atomic_write_leaves_one_file(tmp_path: Path) -> None:
    write_atomic(tmp_path / "x", b"1")
    write_atomic(tmp_path / "x", b"2")
    assert [each.name for each in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"2"


def test_a_long_step_tells_how_far_it_is(tmp_path: Path) -> None:
    cache, diary = Cache(tmp_path), Diary()

    def build(out: Path) -> None:
        cache.reached(0.5)

    cache.make([Step("long", build), step("short")], diary)
    assert diary.way == [("long", 0.5)]


def test_what_is_left_follows_from_what_it_took_so_far() -> None:
    seconds = iter([100.0, 110.0, 130.0])
    clock = Clock(lambda: next(seconds))
    assert clock.tenth(0.05) == 0
    assert clock.tenth(0.1) == pytest.approx(90)
    assert clock.tenth(0.15) == 0
    assert clock.tenth(0.3) == pytest.approx(70)
