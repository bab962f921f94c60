"""Names of boot entries: what the loader counts in them, and which one it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import boot_entry
from ichor.formats.boot_entry import BootEntry

COUNTS = st.integers(0, 10**9 - 1)
ENTRIES = st.builds(BootEntry, COUNTS, COUNTS, COUNTS) | st.builds(
    BootEntry, COUNTS, st.none(), st.just(0)
)


@given(ENTRIES)
def test_a_name_tells_all_of_an_entry(entry: BootEntry) -> None:
    assert boot_entry.parse(entry.name) == entry


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("ichor-1+2.efi", BootEntry(1, 2)),
        ("ichor-1+1-1.efi", BootEntry(1, 1, 1)),
        ("ICHOR-12.EFI", BootEntry(12, None)),
    ],
)
def test_names_as_the_loader_leaves_them(name: str, entry: BootEntry) -> None:
    assert boot_entry.parse(name) == entry


@pytest.mark.parametrize("name", ["ichor.efi", "ichor-+2.efi", "ichor-1+.efi", "ichor-1-1.efi", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(FormatError, match=r"a boot entry as ichor-7\+2-1\.efi"):
        boot_entry.parse(name)


def test_the_newest_with_tries_left_is_first() -> None:
    old, new = BootEntry(1), BootEntry(2)
    assert boot_entry.first([old, new]) == new
    assert boot_entry.first([old, new._replace(left=0, failed=2)]) == old
    assert boot_entry.first([old._replace(left=None), new._replace(left=0)]) == BootEntry(1, None)
    spent = [old._replace(left=0), new._replace(left=0)]
    assert boot_entry.first(spent) == spent[1]
    assert boot_entry.first([]) is None
