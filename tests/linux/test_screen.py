from pathlib import Path

from ichor.linux.screen import driver


def console(drivers: Path, number: int, name: str, *, bound: bool) -> None:
    folder = drivers / f"vtcon{number}"
    folder.mkdir()
    (folder / "name").write_text(f"{name}\n")
    (folder / "bind").write_text(f"{int(bound)}\n")


def test_a_frame_buffer_that_is_in_use_is_a_screen(tmp_path: Path) -> None:
    console(tmp_path, 0, "(S) dummy device", bound=False)
    console(tmp_path, 1, "(M) frame buffer device", bound=True)
    assert driver(tmp_path) == "frame buffer device"


def test_where_nobody_sees_anything_there_is_none(tmp_path: Path) -> None:
    assert driver(tmp_path) == ""
    console(tmp_path, 0, "(S) dummy device", bound=True)
    console(tmp_path, 1, "(M) frame buffer device", bound=False)
    assert driver(tmp_path) == ""
