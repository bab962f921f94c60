from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats.debian import (
    Package,
    lock_changes,
    packages,
    paragraphs,
    parse_lock,
    render_lock,
    sources,
    version_key,
)

INDEX = """\
Package: mount
Version: 2.41-1
Depends: libc6,
 libmount1
Size: 12
Filename: pool/main/m/mount_2.41-1_amd64.deb
SHA256: {digest}

Package: mountpy
Version: 1
Size: 1
Filename: pool/x
SHA256: {digest}
""".format(digest="a" * 64)

SOURCES = """\
Package: python3.13
Binary: python3.13, idle-python3.13
Version: 3.13.5-2
Files:
 0 4298 python3.13_3.13.5-2.dsc
Checksums-Sha256:
 {digest} 4298 python3.13_3.13.5-2.dsc
 {digest} 22 python3.13_3.13.5.orig.tar.xz
 {digest} 963 python3.13_3.13.5.orig.tar.xz.asc
 {digest} 29 python3.13_3.13.5-2.debian.tar.xz
Directory: pool/main/p/python3.13
""".format(digest="a" * 64)

NAME = st.from_regex(r"[a-z][a-z0-9+.-]{1,10}", fullmatch=True)
VERSION = st.from_regex(r"[0-9][0-9a-z.+~:-]{0,8}", fullmatch=True)
ROW = st.builds(
    Package,
    NAME,
    VERSION,
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    st.integers(0, 10**9),
    NAME.map(lambda name: f"debian/pool/{name}"),
)


def row(name: str, version: str, digest: str = "a") -> Package:
    return Package(name, version, digest * 64, 1, "debian/pool/x")


def test_only_the_wanted_packages_of_an_index_are_given() -> None:
    (found,) = packages(INDEX, "debian", ["mount", "absent"])
    path = "debian/pool/main/m/mount_2.41-1_amd64.deb"
    assert found == Package("mount", "2.41-1", "a" * 64, 12, path)


def test_the_tarballs_of_a_source_package_are_rows_by_their_kind() -> None:
    origin, fixes = sources(SOURCES, "debian", ["python3.13", "absent"])
    path = "debian/pool/main/p/python3.13/python3.13_3.13.5.orig.tar.xz"
    assert origin == Package("python3.13.orig.tar.xz", "3.13.5-2", "a" * 64, 22, path)
    assert (fixes.name, fixes.size) == ("python3.13.debian.tar.xz", 29)
    assert parse_lock(render_lock([origin, fixes])) == (fixes, origin)


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        ("Directory: pool/main/p/python3.13\n", "", "Directory of python3.13"),
        (" 22 python", " many python", "sha256 size name"),
        ("a" * 64 + " 22", "abc 22", "sha256 size name"),
    ],
)
def test_a_source_package_that_cannot_be_checked_is_refused(was: str, now: str, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        list(sources(SOURCES.replace(was, now), "debian", ["python3.13"]))


def test_a_paragraph_without_its_digest_is_refused() -> None:
    with pytest.raises(FormatError, match="SHA256 of x"):
        list(packages("Package: x\nVersion: 1\nSize: 1\nFilename: y\n", "debian", ["x"]))


def test_continued_fields_are_joined() -> None:
    assert next(paragraphs(INDEX))["Depends"] == "libc6,\nlibmount1"


@given(st.lists(ROW, max_size=5, unique_by=lambda each: each.name))
def test_a_written_lock_reads_back_sorted(rows: list[Package]) -> None:
    assert list(parse_lock(render_lock(rows))) == sorted(rows)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("mount 1 abc 1 debian/x", id="short-digest"),
        pytest.param(f"mount 1 {'a' * 64} debian/x", id="no-size"),
        pytest.param(f"mount 1 {'a' * 64} 1 debian/../x", id="path-out"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(FormatError, match="line 2"):
        parse_lock(f"# head\n{line}\n")


def test_a_package_named_twice_is_refused() -> None:
    with pytest.raises(FormatError, match="once"):
        parse_lock(render_lock([row("a", "1"), row("a", "2")]))


def test_changes_of_a_lock_are_told_by_package() -> None:
    old = [row("a", "1"), row("b", "1"), row("c", "1"), row("d", "1")]
    new = [row("a", "2"), row("b", "1"), row("c", "1", "b"), row("e", "1")]
    told = ["a 1 -> 2", "c 1 -> 1 (other bytes)", "- d 1", "+ e 1"]
    assert lock_changes(old, new) == told
    assert lock_changes(old, old) == []


def test_versions_sort_as_dpkg_sorts_them() -> None:
    rising = [
        *("1.0~rc1", "1.0", "1.0-1", "1.0-1+deb13u1", "1.0-1+deb13u2", "1.0-2", "1.0a", "1.0+b1"),
        *("1.0.1", "1.2", "1.10", "1:0.1", "1:0.1.dfsg"),
    ]
    assert all(version_key(a) < version_key(b) for a, b in pairwise(rising))
