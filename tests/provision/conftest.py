"""One root image a session, one state directory a test; no test runs longer than three minutes."""

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.provision.clusters import at_most, build_root, build_store


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("root")
    build_store(directory / "store")  # what dying.py gives its nodes
    return build_root(directory)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ICHOR_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def bounded() -> Generator[None]:
    with at_most(180):
        yield
