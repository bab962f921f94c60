import csv
from pathlib import Path

import pytest

from ichor.api.access import may_call, roles_for

TABLE = Path(__file__).parents[1] / "facts" / "roles.tsv"


def rows() -> list[dict[str, str]]:
    with TABLE.open() as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["grpc_path"])
def test_a_method_is_open_to_the_roles_of_the_table(row: dict[str, str]) -> None:
    assert roles_for(row["grpc_path"]) == frozenset(row["roles_allowed"].split())


def test_an_unknown_method_needs_admin() -> None:
    assert may_call("/machine.MachineService/Brew", ["os:admin"])
    assert not may_call("/machine.MachineService/Brew", ["os:operator", "os:reader"])


def test_a_caller_without_roles_may_call_nothing() -> None:
    assert not may_call("/machine.MachineService/Version", [])
