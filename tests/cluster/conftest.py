"""One cluster for all tests that only use it: making one takes half a minute."""

import os
from collections.abc import Generator

import pytest
from tests.cluster.whole import Whole, destroyed_after


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Whole]:
    whole = Whole(f"cl-{os.getpid()}", tmp_path_factory.mktemp("cluster"))
    with destroyed_after(whole):
        whole.create()
        yield whole
