"""One cluster for the session, in a state directory of its own."""

import os
from collections.abc import Generator

import pytest
from tests.join import nodes
from tests.join.nodes import Joined


@pytest.fixture(scope="session")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Generator[Joined]:
    """A control plane and a worker that joined, and two workers that wait in maintenance mode."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICHOR_STATE", str(tmp_path_factory.mktemp("state")))
        with nodes.joined(f"join-{os.getpid()}", nodes.built_root()) as made:
            yield made
