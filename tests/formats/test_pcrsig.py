"""Signed states of PCRs as images carry them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import pcrsig
from ichor.formats.pcrsig import SignedStates

KEY = "-----BEGIN PUBLIC KEY-----\n"
POLICY = bytes(range(32))
STATES = SignedStates(KEY, (pcrsig.entry(11, b"key", POLICY, b"signature"),))


def test_what_is_written_is_what_the_interface_says() -> None:
    _, text = pcrsig.build(STATES)
    assert text == (
        b'{"sha256":[{"pcrs":[11],'
        b'"pkfp":"2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683",'
        b'"pol":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",'
        b'"sig":"c2lnbmF0dXJl"}]}'
    )


def test_it_is_read_as_it_was_written_also_with_what_a_section_adds() -> None:
    key, text = pcrsig.build(STATES)
    assert pcrsig.parse(key + b"\0\0", text + b"\0") == STATES
    assert pcrsig.by_policy(STATES, 11) == {POLICY: b"signature"}
    assert pcrsig.by_policy(STATES, 12) == {}


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"sha256": [{}]}', b'{"sha256": [{"pcrs": ["11"]}]}', b"\xff"]
)
def test_what_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(FormatError):
        pcrsig.parse(KEY.encode(), text)


@given(st.text(), st.text())
def test_bytes_that_are_none_are_refused(policy: str, signature: str) -> None:
    one = pcrsig.Signature(pcrs=(11,), pkfp="", pol=policy, sig=signature)
    try:
        pcrsig.by_policy(SignedStates(KEY, (one,)), 11)
    except FormatError:
        return


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    try:
        pcrsig.parse(text, text)
    except FormatError:
        return
