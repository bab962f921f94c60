"""One cluster for all tests that only use it: making one takes half a minute."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.apps.layouts import rename
from tests.cluster.lab import Lab, lab
from tests.cluster.whole import Whole, destroyed_after

from ichor.config.versions import image
from ichor.image.build import artifacts
from ichor.image.imagecache import create

CACHED = "cached.example/tools/test:1"  # in the cache, nowhere else


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Whole]:
    whole = Whole(f"cl-{os.getpid()}", tmp_path_factory.mktemp("cluster"))
    with destroyed_after(whole):
        whole.create()
        yield whole


@pytest.fixture(scope="session")
def image_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cache")
    create(directory, artifacts().layout, [image("testtool")])
    rename(directory, {image("testtool"): CACHED})
    return directory


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory, image_cache: Path) -> Generator[Lab]:
    """A cluster of one node that has a cache of images."""
    name = f"lab-{os.getpid()}"
    with lab(name, tmp_path_factory.mktemp("lab"), "--image-cache", str(image_cache)) as made:
        yield made
