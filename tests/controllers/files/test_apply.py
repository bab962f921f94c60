from collections.abc import Mapping

from ichor.config.secret import Secret
from ichor.controllers.files.apply import Place, file_apply
from ichor.models.file import model
from ichor.ports.file import Action, Directory, File
from ichor.resources.files.file import FileSpec, FileStatus
from ichor.testing.engine import World


class FakeFiles:
    def __init__(self, **held: str) -> None:
        self.held: Mapping[str, File | Directory] = {
            name: File(content=content.encode()) for name, content in held.items()
        }

    def observe(self) -> Mapping[str, File | Directory]:
        return self.held

    def apply(self, action: Action) -> None:
        self.held = model(self.held, action)


def world(files: FakeFiles, *, exclusive: bool) -> World:
    made = World((file_apply("files.Test", Place("/x", exclusive=exclusive), files),))
    made.put(FileSpec(content=Secret("one"), mode=0o400, uid=60), "/x/a/b")
    made.put(FileSpec(content=Secret("elsewhere")), "/y/c")
    made.settle()
    return made


def test_a_wanted_file_is_written_and_told_of_and_others_are_not_ours() -> None:
    files = FakeFiles()
    made = world(files, exclusive=False)
    assert files.held["a/b"] == File(content=b"one", mode=0o400, uid=60)
    assert made.specs(FileStatus) == {"/x/a/b": FileStatus(spec_version=1)}


def test_a_changed_wish_is_told_of_only_once_it_is_on_the_disk() -> None:
    made = world(FakeFiles(), exclusive=False)
    made.put(FileSpec(content=Secret("two")), "/x/a/b")
    made.settle()
    assert made.spec(FileStatus, "/x/a/b") == FileStatus(spec_version=2)


def test_what_is_not_wanted_goes_only_where_all_is_ours() -> None:
    shared, exclusive = FakeFiles(old="x"), FakeFiles(old="x")
    world(shared, exclusive=False)
    world(exclusive, exclusive=True)
    assert "old" in shared.held
    assert "old" not in exclusive.held


def test_a_file_changed_behind_our_back_is_written_again() -> None:
    files = FakeFiles()
    made = world(files, exclusive=False)
    files.held = {**files.held, "a/b": File(content=b"tampered")}
    made.engine.poke("files.Test")
    made.settle()
    assert files.held["a/b"] == File(content=b"one", mode=0o400, uid=60)


def test_a_directory_that_nothing_wanted_is_in_goes_with_its_files() -> None:
    files = FakeFiles(**{"a/old": "x", "gone/deep/old": "x"})
    files.held = {**files.held, "a": Directory(), "gone": Directory(), "gone/deep": Directory()}
    world(files, exclusive=True)
    assert set(files.held) == {"a", "a/b"}
