"""One cluster for all tests that only use it: making one takes half a minute."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.apps.layouts import rename
from tests.apps.signing import Key
from tests.cluster import signed
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
def image_key() -> Key:
    """Whose signatures the node wants."""
    return Key()


@pytest.fixture(scope="session")
def image_cache(tmp_path_factory: pytest.TempPathFactory, image_key: Key) -> Path:
    directory = tmp_path_factory.mktemp("cache")
    create(directory, artifacts().layout, [image("testtool")])
    rename(directory, {image("testtool"): CACHED})
    signed.add(directory, CACHED, image_key)
    return directory


@pytest.fixture(scope="session")
def node(
    tmp_path_factory: pytest.TempPathFactory, image_cache: Path, image_key: Key
) -> Generator[Lab]:
    """A cluster of one node that has a cache of images, and rules for some of them."""
    name, directory = f"lab-{os.getpid()}", tmp_path_factory.mktemp("lab")
    (directory / "policy.yaml").write_text(signed.policy(image_key))
    options = {"--image-cache": image_cache, "--config-patch": directory / "policy.yaml"}
    words = [str(word) for option in options.items() for word in option]
    with lab(name, directory, *words) as made:
        yield made
