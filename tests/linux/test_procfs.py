"""What /proc tells of processes."""

import os
from pathlib import Path

import pytest

from ichor.linux.procfs import with_programs


def test_a_process_that_runs_has_a_program_and_one_that_is_not_there_has_none() -> None:
    gone = 2**22 + 1  # above the largest pid there can be
    assert list(with_programs([os.getpid(), gone])) == [os.getpid()]


def test_a_thread_of_the_kernel_has_no_program() -> None:
    name = Path("/proc/2/comm")
    if not name.exists() or name.read_text().strip() != "kthreadd":
        pytest.skip("no threads of the kernel in this pid namespace")
    assert list(with_programs([2])) == []
