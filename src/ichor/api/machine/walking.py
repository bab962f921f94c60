"""Trees of files, walked without recursion: what runs on a node may nest directories at will.

Links are not followed. What cannot be listed counts as empty; what is gone meanwhile is left out.
"""

import os
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

ALL = 1 << 16


def walk(root: Path, depth: int = ALL) -> Generator[Path]:
    """Give root, then what is in it down to that depth, names ascending."""
    todo = [(root, depth)]
    while todo:
        path, left = todo.pop()
        yield path
        if left > 0:
            todo += [(path / name, left - 1) for name in reversed(_names(path))]


@dataclass
class _Open:
    path: Path
    size: int
    todo: list[str] = field(default_factory=list)


def measured(root: Path) -> Generator[tuple[int, Path, int]]:
    """Give size in bytes, path and depth of everything; a directory after what is in it, summed.

    Raises OSError if root is not there.
    """
    above = [_opened(root)]
    while above:
        here = above[-1]
        if here.todo:
            try:
                above.append(_opened(here.path / here.todo.pop()))
            except OSError:
                continue
        else:
            above.pop()
            if above:
                above[-1].size += here.size
            yield here.size, here.path, len(above)


def _opened(path: Path) -> _Open:
    return _Open(path, path.lstat().st_size, _names(path)[::-1])


def _names(path: Path) -> list[str]:
    if path.is_symlink():
        return []
    try:
        return sorted(os.listdir(path))  # noqa: PTH208 - names, not paths, sort as people expect
    except OSError:  # no directory, not for us, or gone
        return []
