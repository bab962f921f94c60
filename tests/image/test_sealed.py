"""The image's one program runs the image's code and nothing else, and there is no interpreter.

Each attempt is one that an ordinary interpreter of the same build falls for.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

import pytest
from tests.image import sealed_world as world

from ichor.formats import elf
from ichor.image import cpython, hardening, python
from ichor.image.build import Artifacts, artifacts
from ichor.image.cache import Cache, default_root
from ichor.image.progress import Silent

pytestmark = [pytest.mark.root, pytest.mark.cluster]

ROOT: Final = Path(__file__).parents[2]
LIBRARY: Final = """
#include <fcntl.h>
__attribute__((constructor)) static void loaded(void) { open("%s", O_CREAT | O_WRONLY, 0600); }
"""
IMPORTS: Final = (
    "asyncio ssl ctypes sqlite3 json logging lzma bz2 uuid tomllib subprocess"
    " h2.connection h11 google._upb._message msgspec yaml._yaml backports.zstd ichor.errors"
    " cryptography.x509 cryptography.hazmat.primitives.asymmetric.ed25519"
)
SERVED: Final = "os:abort is no daemon of ichor.apps."


# What the audit hook says of each deed, and what the one who tried it gets.
REFUSED: Final = {
    "text": "PermissionError",
    "expression": "PermissionError",
    "compile": "PermissionError",
    "code": "PermissionError",
    "source": "ModuleNotFoundError",
    "byte code": "PermissionError",
    "extension": "PermissionError",
    "archive": "ZipImportError",
    "library": "PermissionError",
    "library by its name": "done",  # from the root
    "C interface": "done",  # it returns -1, and its code did not run
}


@pytest.fixture(scope="module")
def made() -> Artifacts:
    return artifacts(watcher=Silent())


@pytest.fixture(scope="module")
def interpreter(made: Artifacts) -> Path:
    cache = Cache(default_root())
    cache.make([cpython.build_step(cache)], Silent())
    return cache.path(cpython.build_step(cache)) / "python"


@pytest.fixture(scope="module")
def found(
    made: Artifacts, interpreter: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, object]:
    library = tmp_path_factory.mktemp("sealed") / "loaded.so"
    compiler = ["gcc", "-x", "c", "-shared", "-fPIC", "-o", str(library), "-"]
    subprocess.run(compiler, input=LIBRARY % world.MARK, text=True, check=True)
    unshare = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--net"]
    argv = [*unshare, "--kill-child", sys.executable, "-m", "tests.image.sealed_world"]
    done = subprocess.run(
        [*argv, str(made.root_tree), str(interpreter), str(library)],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, object] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("name", world.ATTEMPTS)
def test_what_an_ordinary_interpreter_falls_for_changes_nothing(
    found: Mapping[str, object], name: str
) -> None:
    assert found[name] == {"plain": True, "sealed": False, "answer": SERVED}


def test_code_of_the_image_that_is_led_astray_is_refused_and_it_is_said(
    found: Mapping[str, object],
) -> None:
    probe = cast("dict[str, tuple[list[str], bool]]", found["probe"])
    lines, has_run = probe["sealed"]
    assert dict(line.split(": ") for line in lines if line.split(": ")[0] in REFUSED) == REFUSED
    assert not has_run
    said = [line.removeprefix("ichor: refused: ") for line in lines if line.startswith("ichor")]
    assert [line.partition(" of ")[0] for line in said] == [
        *("compile", "compile", "compile", "code.__new__", "open_code", "import", "open_code"),
        *("ctypes.dlopen", "compile"),
    ]
    lines, has_run = probe["plain"]
    assert [line for line in lines[1:] if not line.endswith(": done")] == ["extension: ImportError"]
    assert has_run


def test_the_zygote_and_what_it_forks_do_not_count_who_uses_what_they_share(
    found: Mapping[str, object],
) -> None:
    """A count is written into the object: its page would be shared no more."""
    probe = cast("dict[str, tuple[list[str], bool]]", found["probe"])
    assert "counted: True" in probe["plain"][0]
    assert "counted: False" in probe["sealed"][0]


def test_who_starts_it_and_is_not_pid_1_gets_no_python(found: Mapping[str, object]) -> None:
    assert found["nobody asks"] == [2, False]
    assert found["a stranger asks"] == 2


def test_a_pod_with_the_root_mounted_has_machined_fail_and_nothing_else(
    found: Mapping[str, object],
) -> None:
    assert found["pod"] == [1, False]


def test_the_loader_runs_what_it_is_told_to_unless_that_lies_where_nothing_is_executed(
    found: Mapping[str, object],
) -> None:
    """Nothing of ours runs before the dynamic linker: here only file systems without exec help."""
    assert found["preload /tmp/evil"] == {"plain": True, "sealed": True, "answer": SERVED}
    assert found["preload /var"] == {"plain": False, "sealed": False, "answer": SERVED}


def test_the_root_has_no_script_no_source_and_one_python(made: Artifacts) -> None:
    files = [p for p in made.root_tree.rglob("*") if p.is_file() and not p.is_symlink()]
    assert [p for p in files if p.suffix in (".py", ".pth", ".zip", ".whl", ".sh")] == []
    started = {p: p.read_bytes() for p in files if p.stat().st_mode & 0o111}
    assert [path for path, data in started.items() if data[:2] == b"#!"] == []
    evaluators = [path for path, data in started.items() if b"PyEval_EvalCode\0" in data]
    assert evaluators == [made.root_tree / python.INIT]


def test_our_program_is_hardened(made: Artifacts) -> None:
    program = (made.root_tree / python.INIT).read_bytes()
    assert hardening.weaknesses(program) == []
    assert elf.linking(program).search == ()


def test_its_interpreter_imports_what_the_node_needs_from_the_roots_folders(
    made: Artifacts,
) -> None:
    cache = Cache(default_root())
    cache.make([python.bare_step(cache)], Silent())
    tree = made.root_tree
    folders = [str(tree / python.LIB), str(tree / python.SITE)]
    code = f"import sys; sys.path[:] = {folders!r}; import {', '.join(IMPORTS.split())}"
    argv = [*python.interpreter(cache.path(python.bare_step(cache))), "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
