"""The program that containerd asks: it says what machined says, and no to all else."""

import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ichor.apps.machined import verifying
from ichor.image import native
from ichor.image.cache import Cache, default_root
from ichor.image.progress import Silent
from ichor.rpc.server import bind_unix

pytestmark = [pytest.mark.root, pytest.mark.cluster]

DIGEST = "sha256:" + "a" * 64
WORDS = ("-name", "a.example/b:1", "-digest", DIGEST, "-stdin-media-type", "x/y")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A root with nothing but the program, and where its socket would be."""
    cache = Cache(default_root())
    step = native.image_verifier_step(cache)
    cache.make([step], Silent())
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        shutil.copy(cache.path(step) / native.VERIFIER, home)
        (home / verifying.SOCKET.relative_to("/")).parent.mkdir(parents=True)
        yield home


def run(home: Path, *words: str) -> tuple[int, str]:
    command = ["chroot", str(home), f"/{native.VERIFIER}", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.stderr == ""
    return done.returncode, done.stdout


def answered(home: Path, answer: bytes) -> tuple[int, str, bytes]:
    """Run it while somebody gives that answer; gives the question as well."""
    path, questions = home / verifying.SOCKET.relative_to("/"), list[bytes]()
    path.unlink(missing_ok=True)
    with bind_unix(path, 0o600) as server:
        server.listen()

        def serve() -> None:
            link, _ = server.accept()
            with link:
                questions.append(link.makefile("rb").read())
                link.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        status, said = run(home, *WORDS)
        thread.join(20)
    return status, said, questions[0]


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (b"+fine\n", 0, "fine\n"),
        (b"+\n", 0, "\n"),
        (b"-because\n", 1, "because\n"),
        (b"", 1, "machined did not say\n"),
        (b"\n", 1, "machined did not say\n"),
        (b"+", 1, "machined did not say\n"),
        (b"+cut", 1, "machined did not say\n"),
        (b"fine\n", 1, "machined did not say\n"),
        (b"+" + b"x" * 5000 + b"\n", 1, "machined did not say\n"),
    ],
)
def test_only_a_whole_yes_is_one(home: Path, answer: bytes, status: int, said: str) -> None:
    question = f"a.example/b:1\n{DIGEST}\n".encode()
    assert answered(home, answer) == (status, said, question)


def test_without_machined_the_answer_is_no(home: Path) -> None:
    (home / verifying.SOCKET.relative_to("/")).unlink(missing_ok=True)
    assert run(home, *WORDS) == (1, "machined does not answer\n")
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(home / verifying.SOCKET.relative_to("/")))
        assert run(home, *WORDS) == (1, "machined does not answer\n")


@pytest.mark.parametrize("words", [(), WORDS[:2], WORDS[2:], WORDS[:3]])
def test_half_a_question_is_none(home: Path, words: tuple[str, ...]) -> None:
    assert run(home, *words) == (1, "image-verifier was not told what to verify\n")
