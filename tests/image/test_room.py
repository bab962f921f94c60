from pathlib import Path

import pytest

from ichor.errors import InputError
from ichor.image.build import check_room

GIB = 1 << 30


def test_a_first_build_is_refused_where_it_would_fill_the_disk(tmp_path: Path) -> None:
    asked: list[Path] = []

    def free(place: Path, much: int = 2 * GIB) -> int:
        asked.append(place)
        return much

    with pytest.raises(InputError, match=r"2\.1 GB free in .*, 10\.7 GB needed") as caught:
        check_room(tmp_path / "not/there/yet", free)
    assert "ICHOR_CACHE" in caught.value.hint
    assert asked == [tmp_path]
    check_room(tmp_path, lambda place: free(place, 20 * GIB))
