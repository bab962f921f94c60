import contextlib
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import deb


def ar(*members: tuple[str, bytes]) -> bytes:
    out = b"!<arch>\n"
    for name, body in members:
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(body):<10}`\n".encode()
        out += body + b"\n" * (len(body) % 2)
    return out


def tar(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, body in files.items():
            info = tarfile.TarInfo("./" + name.replace("__", "/"))
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


def package(suffix: str, body: bytes) -> bytes:
    return ar(("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (f"data.tar{suffix}", body))


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress), (".zst", zstd.compress)],
)
def test_the_tree_is_read_whatever_packs_it(suffix: str, pack: Callable[[bytes], bytes]) -> None:
    data = package(suffix, pack(tar(usr__bin__x=b"program", etc__y=b"")))
    assert {entry.name: body for entry, body in deb.tree(data)} == {
        "usr/bin/x": b"program",
        "etc/y": b"",
    }


def test_a_path_out_of_the_tree_is_refused() -> None:
    with pytest.raises(FormatError, match="inside the tree"):
        list(deb.tree(package("", tar(**{"..__..__etc__passwd": b"x"}))))


def test_a_package_without_a_tree_is_refused() -> None:
    with pytest.raises(FormatError, match=r"data\.tar"):
        deb.data_tar(ar(("debian-binary", b"2.0\n")))


def test_a_cut_member_is_refused() -> None:
    with pytest.raises(FormatError, match="ar member"):
        list(deb.members(ar(("data.tar", b"12345678"))[:-4]))


@given(st.binary(max_size=600), st.sampled_from(["", ".gz", ".xz", ".zst"]))
def test_garbage_raises_a_format_error_only(noise: bytes, suffix: str) -> None:
    for data in (noise, deb.MAGIC + noise, package(suffix, noise)):
        with contextlib.suppress(FormatError):
            list(deb.tree(data))
