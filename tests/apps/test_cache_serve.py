"""`ichor image cache-serve`, `cache-cert-gen`: a cache served over TLS, by the document it says."""

import asyncio
import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
import yaml
from tests.apps import layouts

from ichor.cli.main import main
from ichor.peers.http1 import Origin, Pool, Request

PROGRAM = "import sys; from ichor.cli.main import main; sys.exit(main(sys.argv[1:]))"
NAME = "registry.k8s.io/app:1"


def test_a_cache_is_served_over_tls_until_it_is_told_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    layouts.write(tmp_path / "cache", NAME)
    assert main(["image", "cache-cert-gen", "--advertised-address", "127.0.0.1"]) == 0
    words = ["image", "cache-serve", "--address", "127.0.0.1:0", "--image-cache-path", "cache"]
    words += ["--tls-cert-file", "tls.crt", "--tls-key-file", "tls.key", "--mirror", "*"]
    source = Path(__file__).parents[2] / "src"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        env={**os.environ, "PYTHONPATH": str(source)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as stdout:
        try:
            said = "".join(stdout.readline() for _ in range(6))
            document = cast("dict[str, object]", yaml.safe_load(said))
            assert (document["kind"], document["name"]) == ("RegistryMirrorConfig", "*")
            url = cast("list[dict[str, str]]", document["endpoints"])[0]["url"]
            assert asyncio.run(status(url, tmp_path / "ca.crt")) == 200
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


async def status(url: str, ca: Path) -> int:
    assert url.startswith("https://127.0.0.1:")
    origin = Origin(host="127.0.0.1", port=int(url.rpartition(":")[2]))
    pool = Pool(origin, ssl.create_default_context(cafile=ca))
    try:
        request = Request(method="HEAD", target="/v2/app/manifests/1?ns=registry.k8s.io")
        return (await pool.fetch(request)).status
    finally:
        await pool.close()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cache-serve", "--address", "x", "--image-cache-path", "."], "'x' is no address"),
        (["cache-serve", "--image-cache-path", ".", "--tls-key-file", "k"], "go together"),
        (["cache-serve", "--image-cache-path", "nothing"], "does not exist"),
        (["cache-cert-gen"], "for nobody"),
    ],
)
def test_bad_words_are_told(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["image", *words]) != 0
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
