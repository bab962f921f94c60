"""The tables of the interface, as rows."""

import csv
from pathlib import Path

_FACTS = Path(__file__).parents[1] / "facts"


def rows(name: str) -> list[dict[str, str]]:
    with (_FACTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
