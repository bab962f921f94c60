"""One cluster of three control planes and a worker for all tests, its state in its own place."""

import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from tests.ha import living
from tests.ha.living import Living

SUBNET = "10.12.0.0/24"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Living]:
    name = f"ha-{os.getpid()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICHOR_STATE", str(tmp_path_factory.mktemp("state")))
        home = tmp_path_factory.mktemp("home")
        patch.setenv("TALOSCONFIG", str(home / "talosconfig"))
        patch.setenv("KUBECONFIG", str(home / "kubeconfig"))
        yield from made(name)


def made(name: str, planes: int = 3, options: Sequence[str] = ()) -> Generator[Living]:
    ichor = [str(Path(sys.executable).with_name("ichor"))]
    size = ["--control-planes", str(planes), "--workers", "1", "--subnet", SUBNET]
    try:
        create = [*ichor, "cluster", "create", "--name", name, *size, *options]
        subprocess.run(create, check=True)
        yield living.load(name)
    finally:
        subprocess.run([*ichor, "cluster", "destroy", "--name", name], check=True)
