"""What a machine's image weighs, part by part, and what each artefact of it comes to.

    sudo PYTHONPATH=src .venv/bin/python bench/image.py [--json FILE] [TARGET ...]

The image that firmware starts by its sections, the root by its parts as of `ichor image inspect`
and its hash tree; then files as they are downloaded: installer, media, disks for platforms. What is
not built is built. `stored` is what a file takes on a disk: holes take nothing.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from ichor.formats import pe
from ichor.formats.verity import BLOCK
from ichor.image import tools, uki, verity
from ichor.image.build import artifacts, build
from ichor.image.cache import Cache, default_root
from ichor.image.inspect import inspect
from ichor.image.progress import Lines

TARGETS = (
    *("disk", "installer", "iso", "pxe"),
    *("cloud/aws", "cloud/azure", "cloud/gcp", "cloud/openstack"),
)


def sections(image: bytes) -> dict[str, int]:
    """Give the bytes of each section that is ours, and of all else: stub, headers, signature."""
    ours = (".linux", ".cmdline", ".osrel", ".pcrsig", ".pcrpkey", ".initrd")
    found = {one.name: one.size for one in pe.sections(image) if one.name in ours}
    return {**found, "stub": len(image) - sum(found.values())}


def root(cache: Cache) -> dict[str, int]:
    """Give the bytes of the root's partition that hold something."""
    folder = cache.path(verity.verity_step(cache))
    whole, data = (folder / verity.IMAGE).stat().st_size, verity.read(folder).blocks * BLOCK
    return {"squashfs": data, "hash tree": whole - data}


def files(cache: Cache, names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    steps, found = build(cache, names, Lines()), {}
    for name in names:
        for path in sorted(cache.path(steps[name]).iterdir()):
            status = path.stat()
            found[f"{name}: {path.name}"] = {
                "bytes": status.st_size,
                "stored": status.st_blocks * 512,
            }
    return found


def table(title: str, rows: Mapping[str, int]) -> None:
    print(f"\n{title:<36}{'BYTES':>13}")
    for name, size in rows.items():
        print(f"{name:<36}{size:>13,}")
    print(f"{'sum':<36}{sum(rows.values()):>13,}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, default=Path("build/bench/image.json"))
    parser.add_argument("targets", nargs="*")
    given = parser.parse_args()
    cache = Cache(default_root())
    made = files(cache, tuple(given.targets) or TARGETS)
    report = inspect(artifacts(cache), tools.unsquashfs(cache))
    image = sections((cache.path(uki.uki_step(cache)) / uki.FILE).read_bytes())
    table("SECTION OF THE IMAGE", image)
    table("PART OF THE ROOT'S PARTITION", root(cache))
    table("PART OF THE ROOT, PACKED", {name: one.packed for name, one in report.parts.items()})
    print(f"\n{'FILE':<36}{'BYTES':>13}{'STORED':>13}")
    for name, sizes in made.items():
        print(f"{name:<36}{sizes['bytes']:>13,}{sizes['stored']:>13,}")
    document = {
        "image": image,
        "partition": root(cache),
        "root": json.loads(report.json()),
        "files": made,
    }
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(document, indent=2) + "\n")
    print(f"wrote {given.json}")


if __name__ == "__main__":
    main()
