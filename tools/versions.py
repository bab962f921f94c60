"""Write src/ichor/config/versions_table.py from components/versions.toml; --check only compares."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "components/versions.toml"
TARGET = ROOT / "src/ichor/config/versions_table.py"


def rendered() -> str:
    rows = tomllib.loads(SOURCE.read_text())
    lines = [f'    "{name}": "{version}",' for name, version in rows.items()]
    return "\n".join(
        [
            '"""Versions of what a node is made of; generated from components/versions.toml."""',
            "",
            "from collections.abc import Mapping",
            "",
            "VERSIONS: Mapping[str, str] = {",
            *lines,
            "}",
            "",
        ]
    )


def main() -> int:
    if "--check" in sys.argv:
        return int(TARGET.read_text() != rendered())
    TARGET.write_text(rendered())
    return 0


if __name__ == "__main__":
    sys.exit(main())
