import shutil
import subprocess
from pathlib import Path

import pytest

from ichor.formats import cpio
from ichor.formats.cpio import File


def test_every_entry_begins_at_a_multiple_of_four() -> None:
    made = cpio.build([File("init", b"abcde"), File("b", b"")])
    assert len(made) % 4 == 0
    starts = [at for at in range(len(made)) if made.startswith(b"070701", at)]
    assert len(starts) == 3
    assert all(at % 4 == 0 for at in starts)


@pytest.mark.skipif(shutil.which("cpio") is None, reason="needs cpio")
def test_cpio_unpacks_what_was_packed(tmp_path: Path) -> None:
    made = cpio.build([File("init", b"abcde"), File("b", b"x" * 4096, 0o644)])
    subprocess.run(["cpio", "-i", "--quiet"], cwd=tmp_path, input=made, check=True)
    assert (tmp_path / "init").read_bytes() == b"abcde"
    assert (tmp_path / "init").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "b").stat().st_size == 4096
