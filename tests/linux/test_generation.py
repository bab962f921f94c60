"""The least generation is kept in the firmware, and an older image does not get past it."""

from pathlib import Path

import pytest

from ichor.errors import Conflict, InputError
from ichor.formats.generation import Generation
from ichor.linux import efi, generation
from ichor.models.generation import model
from ichor.ports.generation import Allow, Least, Remember


def test_what_is_remembered_is_read(tmp_path: Path) -> None:
    assert efi.least(tmp_path) is None
    for number in (7, 3, 12):
        efi.remember_least(number, tmp_path)
        assert efi.least(tmp_path) == number
        (variable,) = tmp_path.iterdir()
        assert variable.read_bytes() == b"\7\0\0\0" + str(number).encode()
        variable.unlink()  # efivarfs replaces what is there; a plain file keeps its end


def test_what_is_allowed_is_known_until_the_boot_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept: list[int] = []
    monkeypatch.setattr(efi, "remember_least", kept.append)
    monkeypatch.setattr(efi, "least", lambda: kept[-1] if kept else None)
    mark = tmp_path / "run" / "allowed"
    port = generation.FirmwareGenerations(mark)
    observed = port.observe()
    for action in (Remember(3), Allow(0), Allow(0)):
        port.apply(action)
        observed = model(observed, action)
        assert port.observe() == observed == generation.FirmwareGenerations(mark).observe()
    assert observed == Least(0, is_allowed=True)


@pytest.mark.parametrize("value", [b"", b"x", b"-1", b"1 ", b"\xb2"])
def test_what_is_no_number_keeps_nothing_from_starting(tmp_path: Path, value: bytes) -> None:
    efi.remember_least(1, tmp_path)
    (variable,) = tmp_path.iterdir()
    variable.write_bytes(b"\7\0\0\0" + value)
    assert efi.least(tmp_path) is None


def test_an_image_before_the_least_is_refused() -> None:
    generation.check(Generation(2, 0), 2)
    with pytest.raises(InputError, match="generation 1: this machine runs none before 2"):
        generation.check(Generation(1, 1), 2)


@pytest.mark.parametrize(("remembered", "runs"), [(None, True), (2, True), (3, False)])
def test_an_image_that_is_too_old_does_not_begin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remembered: int | None, runs: bool
) -> None:
    line = tmp_path / "cmdline"
    line.write_text("ichor.generation=2 ichor.least=1\n")
    monkeypatch.setattr(generation, "_COMMAND_LINE", line)
    monkeypatch.setattr(efi, "least", lambda: remembered)
    assert generation.least() == (1 if remembered is None else remembered)
    if runs:
        generation.check_running()
    else:
        with pytest.raises(Conflict, match="generation 2: none before 3"):
            generation.check_running()
