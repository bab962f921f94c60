"""What is remembered of a machine's TPM, and what its administrator says of it."""

from pathlib import Path

import pytest

from ichor.cli.attest import _pinned, _wanted
from ichor.client.attestation import Pin
from ichor.errors import InputError


def test_a_key_that_is_named_forgets_nothing_else() -> None:
    """Else a quote from before the last reset would pass as a new one."""
    known = Pin(key="aa", endorsement="bb", resets=3, clock=7)
    assert _pinned(known, "cc") == Pin(key="cc", endorsement="bb", resets=3, clock=7)
    assert _pinned(None, "cc") == Pin(key="cc")


def test_a_release_is_believed_by_a_certificate_alone(tmp_path: Path) -> None:
    assert _wanted(None, None) is None
    for given in ((tmp_path, None), (None, tmp_path)):
        with pytest.raises(InputError, match="--release and --certificate"):
            _wanted(*given)
