"""Other makers' tools for FAT, of the lock: what reads the ESPs that we write."""

from pathlib import Path

from ichor.image import debian
from ichor.image.cache import Cache, Step
from ichor.image.tree import merge


def fat_tools_step(cache: Cache) -> Step:
    parts = debian.steps(("dosfstools", "mtools", "libc6"))

    def build(out: Path) -> None:
        for part in parts.values():
            merge(cache.path(part), out)

    return Step("tools/fat", build, {"recipe": "1"}, tuple(parts.values()))
