"""The tables of facts as the tests of resources read them."""

from collections import defaultdict
from functools import cache
from pathlib import Path

from tools.proto_facts import rows

FACTS = Path(__file__).parents[1] / "facts"


@cache
def resources() -> dict[str, dict[str, str]]:
    return {row["type"]: row for row in rows(FACTS / "resources.tsv")}


@cache
def fields() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(FACTS / "resource_fields.tsv"):
        found[row["type"]].append(row)
    return found


@cache
def words() -> dict[str, dict[str, int]]:
    """Last two words of the Go type -> text -> number."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows(FACTS / "yaml_enums.tsv"):
        if row["number"].lstrip("-").isdecimal():
            found[row["go_type"].rpartition("/")[2]][row["text"]] = int(row["number"])
    return found


@cache
def ids() -> list[dict[str, str]]:
    return rows(FACTS / "resource_ids.tsv")
