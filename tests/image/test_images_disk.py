"""The disk of images: found by its label, the same bytes for the same images."""

from pathlib import Path

import pytest

from ichor.formats import gpt
from ichor.formats.gpt import SECTOR
from ichor.image import images_disk, tools
from ichor.image.cache import Cache, default_root

pytestmark = pytest.mark.cluster  # of the built tools


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    made = tmp_path / "layout"
    (made / "blobs/sha256").mkdir(parents=True)
    (made / "index.json").write_text("{}")
    (made / "blobs/sha256/ab").write_bytes(b"blob" * 4096)
    return made


def test_it_is_one_squashfs_of_that_label_and_made_twice_it_is_the_same(
    layout: Path, tmp_path: Path
) -> None:
    packer = tools.mksquashfs(Cache(default_root()))
    first, second = tmp_path / "first.raw", tmp_path / "second.raw"
    for out in (first, second):
        images_disk.make(layout, out, packer)
    data = first.read_bytes()
    assert data == second.read_bytes()
    (part,) = gpt.parse(data[: 64 * SECTOR]).partitions
    assert part.label == "IMAGECACHE"
    assert data[part.first * SECTOR :].startswith(b"hsqs")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["first.raw", "layout", "second.raw"]
