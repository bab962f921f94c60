"""Keys of volumes that are made of the machine, and of what lies on STATE."""

import hashlib
import hmac
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import InputError
from ichor.pki.volume_key import locked, of_machine, variety

MACHINE = "54762e9b-31cd-4e74-8c41-f530b83d4b1a"


def test_it_is_what_the_head_of_the_module_says() -> None:
    raw = bytes.fromhex(MACHINE.replace("-", ""))
    expected = hmac.new(raw, b"ichor volume key\0STATE", hashlib.sha256).digest()
    assert of_machine(MACHINE, "STATE") == expected == of_machine(MACHINE.upper(), "STATE")
    assert locked(b"key", b"salt") == hmac.new(b"salt", b"key", hashlib.sha256).digest()


@given(st.uuids(version=4))
def test_machines_and_volumes_have_keys_of_their_own(machine: uuid.UUID) -> None:
    keys = {of_machine(str(machine), label) for label in ("STATE", "EPHEMERAL")}
    assert len(keys | {of_machine(MACHINE, "STATE")}) == 3
    assert variety(machine) > 2.3


@pytest.mark.parametrize(
    "identity",
    [
        "",
        "Not Settable",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "03000200-0400-0500-0006-000700080009",
        "00000000-0000-0000-0000-0cc47a123456",
    ],
)
def test_what_is_no_identity_of_one_machine_is_refused(identity: str) -> None:
    with pytest.raises(InputError, match="UUID of this machine"):
        of_machine(identity, "STATE")
