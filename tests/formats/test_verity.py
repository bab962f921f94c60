import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import verity


def blocks(count: int) -> bytes:
    one = (hashlib.sha256(bytes([count & 255]) + n.to_bytes(4, "big")) for n in range(count))
    return b"".join(digest.digest() * 128 for digest in one)


# Each was accepted by `veritysetup verify` of cryptsetup 2.6.1, which also refused a changed block.
@pytest.mark.parametrize(
    ("count", "root", "size"),
    [
        (1, "80546f2b9c7020a8f8d38ed487302a608857fb5d2595ff2ece2e55648c8c2395", 4096),
        (2, "a43f212aaf9372dad115145e47d1eab2c869a666dce0c158f1335189a64d4110", 8192),
        (128, "447619d29dbe319430bc2094bd26bd19df1ea480ac4dad4bd667cec7098cb646", 8192),
        (129, "4ab6ce1c7c35211a1e1dc77e6994e0c410ff323b65f025e0e127a929f7e5e3d7", 16384),
        (16385, "c338463b39ec6f6e553636e454dcc19225ff66602d996a884a2466894db61c05", 544768),
    ],
)
def test_the_root_hash_is_that_of_veritysetup(count: int, root: str, size: int) -> None:
    made, tail = verity.protect(blocks(count), b"ichor")
    assert (made.root.hex(), len(tail), made.blocks) == (root, size, count)


def test_any_changed_byte_changes_the_root_hash() -> None:
    data = bytearray(blocks(3))
    before, _ = verity.protect(bytes(data), b"")
    data[2 * verity.BLOCK + 17] ^= 1
    after, _ = verity.protect(bytes(data), b"")
    assert before.root != after.root


def test_the_table_begins_the_tree_behind_the_superblock() -> None:
    made, _ = verity.protect(blocks(2), b"\xab")
    assert verity.table(made, "PARTLABEL=x") == (
        "0 16 verity 1 PARTLABEL=x PARTLABEL=x 4096 4096 2 3 sha256 "
        f"{made.root.hex()} ab 1 panic_on_corruption"
    )


@pytest.mark.parametrize("size", [0, 1, verity.BLOCK + 1])
def test_what_is_no_whole_blocks_is_refused(size: int) -> None:
    with pytest.raises(FormatError, match="whole blocks"):
        verity.protect(bytes(size), b"")


@given(st.binary(max_size=256), st.integers(1, 2000), st.integers(1, 7))
def test_a_line_tells_what_it_was_made_of(salt: bytes, count: int, step: int) -> None:
    data = blocks(count % 40 + 1)
    made, tail = verity.protect(data, salt)
    line = f'quiet dm-mod.create="root,,,ro,{verity.table(made, "PARTLABEL=x")}" root=/dev/dm-0'
    assert verity.parse(line) == made
    pieces = range(0, len(data), step * verity.BLOCK)
    level = b"".join(verity.digests(data[at : at + step * verity.BLOCK], salt) for at in pieces)
    assert verity.over(level, salt) == (made, tail)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "root=/dev/sda1",
        "verity 1 a b 4096 4096 2 2 sha256 " + "00" * 32 + " - 1 x",
        "verity 1 a b 512 4096 2 3 sha256 " + "00" * 32 + " - 1 x",
    ],
)
def test_a_line_without_a_verified_root_is_refused(line: str) -> None:
    with pytest.raises(FormatError, match="expected"):
        verity.parse(line)
