"""Folders of files on their way into an image: merged, linked, completed with their libraries."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ichor.errors import InputError
from ichor.formats import elf

LIBRARY_DIR: Final = "usr/lib/x86_64-linux-gnu"
LOADER: Final = "usr/lib64/ld-linux-x86-64.so.2"
_LOADER_DIR: Final = "usr/lib64"


def merge(source: Path, target: Path) -> None:
    """Add a tree to another by hard links; directories are shared, a file that is there stays."""
    for path in sorted(source.rglob("*")):
        out = target / path.relative_to(source)
        if path.is_dir() and not path.is_symlink():
            out.mkdir(parents=True, exist_ok=True)
        elif not out.exists() and not out.is_symlink():
            os.link(path, out, follow_symlinks=False)


def add_libraries(out: Path, pool: Sequence[Path]) -> None:
    """Copy what the ELF files below out need, and what that needs, from trees of packages.

    Raises InputError naming a library that no package of the pool has.
    """
    todo = [path for path in sorted(out.rglob("*")) if _is_elf(path)]
    while todo:
        path = todo.pop()
        for folder, name in _linked(elf.linking(path.read_bytes())):
            target = out / folder / name
            if target.exists():
                continue
            places = (tree / folder / name for tree in pool)
            source = next((place for place in places if place.exists()), None)
            if source is None:
                hint = "add its package to components/debian.in and run make lock"
                raise InputError(f"{path.relative_to(out)} needs {name}", hint=hint)
            place(source.resolve(), target)
            todo.append(target)


def _linked(linking: elf.Linking) -> Iterator[tuple[str, str]]:
    """Yield (folder, name) of what is loaded; the loader itself is found by its whole path only."""
    if linking.interpreter:
        yield _LOADER_DIR, Path(linking.interpreter).name
    for name in linking.needed:
        yield _LOADER_DIR if name.startswith("ld-linux") else LIBRARY_DIR, name


def place(source: Path, target: Path) -> None:
    """Put a program or library; it is read and run by all, written by none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)


def parts(tree: Path) -> Iterator[tuple[str, int]]:
    """Yield (file below the tree, size in bytes) of every plain file."""
    for path in sorted(tree.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(tree).as_posix(), path.stat().st_size


def _is_elf(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        return elf.is_elf(file.read(4))
