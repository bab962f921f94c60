"""What a kernel weighs and how hard it is: bytes, symbols, the hardening checker's counts.

    sudo PYTHONPATH=src .venv/bin/python bench/kernel.py [--json FILE]

Configurations are made if they are missing (a minute); a kernel that is not built is told as such.
"""

import argparse
import json
from pathlib import Path

from ichor.formats import kconfig
from ichor.image import hardening, kernel
from ichor.image.cache import Cache, default_root
from ichor.image.progress import Lines

# The prototype of our kernel, and Talos' by the same version of the checker (notes/boot.md).
PROTOTYPE_OK, TALOS_OK = 234, 197


def measure(cache: Cache, flavour: str) -> dict[str, int]:
    config = cache.path(kernel.config_step(cache, flavour)) / "config"
    values = kconfig.parse_config(config.read_text())
    found = hardening.findings(cache, config, kernel.arguments())
    counts = {
        f"{kind} {word}": sum(each.is_ok is ok for each in found if each.kind == kind)
        for kind in ("kconfig", "cmdline")
        for word, ok in (("OK", True), ("FAIL", False))
    }
    image = cache.path(kernel.kernel_step(cache, flavour)) / "bzImage"
    size = image.stat().st_size if image.exists() else 0
    told = list(values.values())
    return {"bzImage bytes": size, "=y": told.count("y"), "=m": told.count("m"), **counts}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, default=Path("build/bench/kernel.json"))
    given = parser.parse_args()
    cache = Cache(default_root())
    steps = [kernel.config_step(cache, flavour) for flavour in kernel.FLAVOURS]
    cache.make([*steps, hardening.checker_step()], Lines())
    rows = {flavour: measure(cache, flavour) for flavour in kernel.FLAVOURS}
    print(f"{'FLAVOUR':<10}" + "".join(f"{name:>15}" for name in rows["test"]))
    for flavour, row in rows.items():
        shown = (
            f"{value:,}" if value or name != "bzImage bytes" else "not built"
            for name, value in row.items()
        )
        print(f"{flavour:<10}" + "".join(f"{each:>15}" for each in shown))
    print(f"kconfig OK of the prototype {PROTOTYPE_OK}, of Talos {TALOS_OK}")
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(rows, indent=2) + "\n")
    print(f"wrote {given.json}")


if __name__ == "__main__":
    main()
