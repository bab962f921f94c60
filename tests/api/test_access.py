import csv
from pathlib import Path

import pytest

from ichor.api.access import TRUSTD, may_call, may_see, roles_for
from ichor.pki.roles import ALL
from ichor.resources.registry import definitions

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


def test_trustd_may_have_requests_signed_and_watch_two_things_and_nothing_else() -> None:
    assert may_call("/ichor.trust.v1.Trust/Sign", [TRUSTD])
    assert may_call("/cosi.resource.State/Watch", [TRUSTD])
    for path in ("/cosi.resource.State/List", "/machine.MachineService/Version"):
        assert not may_call(path, [TRUSTD])
        assert not may_call(path, [TRUSTD, "os:admin"])
    seen = {found.type for found in definitions() if may_see(found, [TRUSTD])}
    assert seen == {"TrustdCertificates.secrets.talos.dev", "JoinTokens.ichor.dev"}


def test_nobody_but_trustd_may_have_requests_signed() -> None:
    assert not may_call("/ichor.trust.v1.Trust/Sign", ["os:admin"])
    assert TRUSTD not in ALL
