"""A volume counts by what its header says; a header that is torn says nothing it did not say."""

import hashlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import luks2
from ichor.formats.luks2 import BOTH, COPY, MADE, MAKING, Header
from ichor.formats.xfs import Content

SLOTS = {"0": {"type": "luks2"}, "7": {"type": "luks2"}, "9": {}}
TOKENS = {
    "0": {"type": "ichor-key", "keyslots": ["7"], "kind": "nodeID"},
    "2": {"type": "ichor-key", "keyslots": ["9"], "kind": "tpm", "sealed": "YmxvYg=="},
    "1": {"type": "another's", "keyslots": ["0"], "kind": "static"},
}
UUID = "54762e9b-31cd-4e74-8c41-f530b83d4b1a"


def header(
    subsystem: str,
    sequence: int = 3,
    magic: bytes = luks2.MAGIC,
    slots: object = SLOTS,
    text: bytes | None = None,
) -> bytes:
    """Write one copy, after the tables of the specification, chapter 2.1."""
    said = {"keyslots": slots, "tokens": TOKENS, "segments": {}, "digests": {}, "config": {}}
    area = json.dumps(said).encode() if text is None else text
    fixed = struct.pack(
        ">6sHQQ48s32s64s40s48sQ184x",
        magic,
        2,
        COPY,
        sequence,
        b"STATE",
        b"sha256",
        b"salt",
        UUID.encode(),
        subsystem.encode(),
        0 if magic == luks2.MAGIC else COPY,
    )
    blank = (fixed.ljust(4096, b"\0") + area).ljust(COPY, b"\0")
    digest = hashlib.sha256(blank).digest()
    return blank[: len(fixed)] + digest + blank[len(fixed) + len(digest) :]


def volume(first: bytes, second: bytes = b"") -> bytes:
    return (first.ljust(COPY, b"\0") + second).ljust(BOTH, b"\0")


def twin(subsystem: str, sequence: int = 3) -> bytes:
    return header(subsystem, sequence, luks2.TWIN)


def torn(copy: bytes) -> bytes:
    return copy[:5000] + bytes([copy[5000] ^ 1]) + copy[5001:]


def test_a_header_says_what_opens_it() -> None:
    expected = Header(
        3, UUID, "STATE", MADE, {0: "", 7: "nodeID", 9: "tpm"}, {9: b"blob"}, {0: (7,), 2: (9,)}
    )
    assert luks2.parse(header(MADE)) == expected
    assert luks2.found(volume(header(MADE), twin(MADE))) == expected


def test_the_newer_copy_counts_and_a_torn_one_does_not() -> None:
    newer = volume(header(MADE, 3), twin(MADE, 4))
    assert luks2.found(newer) == luks2.parse(twin(MADE, 4))
    assert luks2.found(volume(header(MADE, 3), torn(twin(MADE, 4)))) == luks2.parse(header(MADE))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param(bytes(BOTH), None, id="blank"),
        pytest.param(b"XFSB".ljust(BOTH, b"\0"), None, id="another"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(volume(header(MADE), twin(MADE)), Content.WHOLE, id="made"),
        pytest.param(volume(torn(header(MADE)), twin(MADE)), Content.WHOLE, id="first-torn"),
        pytest.param(volume(header(MADE), torn(twin(MADE))), Content.WHOLE, id="second-torn"),
        pytest.param(volume(b"", twin(MADE)), Content.WHOLE, id="first-gone"),
        pytest.param(volume(header(MADE, 4), twin(MAKING, 3)), Content.WHOLE, id="just-made"),
        pytest.param(volume(header(MAKING), twin(MAKING)), Content.NONE, id="making"),
        pytest.param(volume(torn(header(MAKING))), Content.NONE, id="first-write-torn"),
        pytest.param(volume(torn(header(MADE)), twin(MAKING)), Content.NONE, id="not-quite-made"),
        pytest.param(volume(torn(header(MADE)), torn(twin(MADE))), Content.FOREIGN, id="damaged"),
        pytest.param(
            volume(torn(header(MAKING)), torn(twin(MADE))), Content.FOREIGN, id="damaged-later"
        ),
        pytest.param(volume(header(""), twin("")), Content.FOREIGN, id="somebody-elses"),
        pytest.param(volume(luks2.MAGIC), Content.FOREIGN, id="nothing-but-a-magic"),
        pytest.param(volume(header(MADE, slots={})), Content.NONE, id="keys-erased"),
    ],
)
def test_what_is_made_stays_and_what_is_not_is_made_again(
    start: bytes, expected: Content | None
) -> None:
    assert luks2.content(start) is expected


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"keyslots": 1}', b'{"keyslots": {"x": 1}}'])
def test_a_header_that_says_nonsense_is_no_header(text: bytes) -> None:
    with pytest.raises(FormatError):
        luks2.parse(header(MADE, text=text))
    assert luks2.content(volume(header(MADE, text=text))) is Content.FOREIGN


@given(st.binary(max_size=600), st.integers(0, BOTH - 1))
def test_foreign_bytes_are_read_or_refused(piece: bytes, at: int) -> None:
    whole = volume(header(MADE), twin(MADE))
    damaged = whole[:at] + piece + whole[at + len(piece) :]
    luks2.content(damaged[:BOTH])
    luks2.content(piece)
    for each in (damaged[:COPY], piece):
        try:
            luks2.parse(each)
        except FormatError:
            continue


@given(st.integers(0, COPY - 1), st.integers(1, 255))
def test_no_byte_of_a_copy_changes_unseen(at: int, change: int) -> None:
    copy = bytearray(header(MADE))
    copy[at] ^= change
    if 448 + 32 <= at < 512:  # behind the digest, in the field for longer ones
        return
    with pytest.raises(FormatError):
        luks2.parse(bytes(copy))
