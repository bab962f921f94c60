"""Archives of a file with holes: Python's tarfile reads what we write."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import sparse_tar


@given(st.lists(st.tuples(st.integers(0, 9), st.binary(min_size=1, max_size=700)), max_size=60))
def test_a_reader_finds_pieces_and_holes(rows: list[tuple[int, bytes]]) -> None:
    whole, pieces = b"", []
    for hole, data in rows:
        whole += bytes(hole * 100)
        if data != bytes(len(data)):
            pieces.append((len(whole), len(data)))
        whole += data
    whole += bytes(99)
    body = b"".join(whole[at : at + length] for at, length in pieces)
    archive = sparse_tar.head("disk.raw", len(whole), pieces) + body
    archive += bytes(-len(body) % sparse_tar.BLOCK) + sparse_tar.END
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        (member,) = found
        assert (member.name, member.size, member.mtime) == ("disk.raw", len(whole), 0)
        assert member.issparse()
        file = found.extractfile(member)
        assert file is not None
        assert file.read() == whole


def test_what_has_no_place_in_the_header_is_refused() -> None:
    for name, size in (("x" * 100, 1), ("x", 8**11)):
        with pytest.raises(FormatError, match="a name below 100 bytes"):
            sparse_tar.head(name, size, [])
