"""What is remembered of a machine's TPM, and what its administrator says of it."""

from ichor.cli.attest import _pinned
from ichor.client.attestation import Pin


def test_a_key_that_is_named_forgets_nothing_else() -> None:
    """Else a quote from before the last reset would pass as a new one."""
    known = Pin(key="aa", endorsement="bb", resets=3, clock=7)
    assert _pinned(known, "cc") == Pin(key="cc", endorsement="bb", resets=3, clock=7)
    assert _pinned(None, "cc") == Pin(key="cc")
