"""What the kernel tells of processes and processors."""

import os
from pathlib import Path

import pytest

from ichor.linux.procfs import Frequency, frequencies, with_programs


def test_a_process_that_runs_has_a_program_and_one_that_is_not_there_has_none() -> None:
    gone = 2**22 + 1  # above the largest pid there can be
    assert list(with_programs([os.getpid(), gone])) == [os.getpid()]


def test_a_thread_of_the_kernel_has_no_program() -> None:
    name = Path("/proc/2/comm")
    if not name.exists() or name.read_text().strip() != "kthreadd":
        pytest.skip("no threads of the kernel in this pid namespace")
    assert list(with_programs([2])) == []


def processor(cpus: Path, name: str, **values: str) -> None:
    folder = cpus / name / "cpufreq"
    folder.mkdir(parents=True)
    for key, value in values.items():
        (folder / f"scaling_{key}").write_text(f"{value}\n")


def test_processors_come_by_number_and_those_without_a_driver_are_left_out(tmp_path: Path) -> None:
    rest = {"min_freq": "800000", "max_freq": "4000000", "governor": "powersave"}
    processor(tmp_path, "cpu10", cur_freq="900000", **rest)
    processor(tmp_path, "cpu9", cur_freq="1000000", **rest)
    processor(tmp_path, "cpu8", cur_freq="<unknown>", **rest)
    (tmp_path / "cpu0").mkdir()
    (tmp_path / "cpufreq").mkdir()
    assert list(frequencies(tmp_path)) == [
        Frequency(1000000, 800000, 4000000, "powersave"),
        Frequency(900000, 800000, 4000000, "powersave"),
    ]
