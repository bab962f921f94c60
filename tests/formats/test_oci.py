import hashlib
import io
import json
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.formats import oci
from ichor.formats.oci import Descriptor, Entry, Image, file

SEGMENT = st.text("abcdefghij-._0", min_size=1, max_size=8).filter(lambda t: t.strip("."))
PATHS = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)


def blob(entries: list[Entry]) -> bytes:
    return b"".join(oci.layer(entries))


def read(data: bytes) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {m.name: (m, _body(archive, m)) for m in archive}


def _body(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member) if member.isfile() else None
    return content.read() if content else b""


def sample(name: str = "ichor.local/x:v1", layers: int = 2) -> Image:
    blobs = [Descriptor(oci.LAYER_TYPE, oci.digest(bytes([n])), n + 1) for n in range(layers)]
    return Image(name, tuple(blobs), ("/x",), user="60:60", labels=(("a", "b"),))


def test_a_layer_holds_files_links_and_parents() -> None:
    links = Entry("bin/y", target="x")
    found = read(blob([file("usr/local/bin/x", b"hello", 0o755, uid=60, gid=61), links]))
    assert list(found) == ["bin", "bin/y", "usr", "usr/local", "usr/local/bin", "usr/local/bin/x"]
    info, body = found["usr/local/bin/x"]
    assert (info.mode, info.uid, info.gid, info.mtime, body) == (0o755, 60, 61, 0, b"hello")
    assert found["bin/y"][0].linkname == "x"
    assert found["usr"][0].mode == 0o755


def test_a_given_directory_keeps_its_mode() -> None:
    found = read(blob([file("tmp/x", b""), Entry("tmp", 0o1777)]))
    assert found["tmp"][0].mode == 0o1777


def test_a_parent_precedes_its_children_whatever_their_names() -> None:
    names = list(read(blob([file("a-b/x", b""), file("a/x", b""), file("a.c", b"")])))
    assert names.index("a") < names.index("a/x")
    assert names.index("a-b") < names.index("a-b/x")


@given(st.dictionaries(PATHS, st.binary(max_size=2000), max_size=8))
def test_the_order_of_entries_does_not_change_a_layer(files: dict[str, bytes]) -> None:
    prefixes = {"/".join(p.split("/")[:n]) for p in files for n in range(1, p.count("/") + 1)}
    entries = [file(path, body) for path, body in files.items() if path not in prefixes]
    shuffled = sorted(entries, key=lambda each: hashlib.sha256(each.path.encode()).digest())
    assert blob(entries) == blob(shuffled)
    found = read(blob(entries))
    assert {e.path: files[e.path] for e in entries} == {
        n: b for n, (i, b) in found.items() if i.isfile()
    }


def test_a_layer_is_made_of_whole_blocks_and_two_empty_ones() -> None:
    data = blob([file("x", b"1" * 513)])
    assert len(data) % 512 == 0
    assert data.endswith(bytes(1024))


def test_a_file_that_shrank_while_it_was_read_is_noticed() -> None:
    with pytest.raises(ValueError, match="5 were promised"):
        blob([Entry("x", 0o644, 5, lambda: (b"abc",))])


def test_a_long_path_is_kept_whole() -> None:
    path = "/".join(["directory-with-a-long-name"] * 8) + "/x"
    assert read(blob([file(path, b"1")]))[path][1] == b"1"


def test_config_manifest_and_index_name_each_other() -> None:
    image = sample()
    manifest = json.loads(oci.manifest(image))
    config = oci.config(image)
    assert manifest["config"]["digest"] == oci.digest(config)
    assert manifest["config"]["size"] == len(config)
    assert json.loads(config)["rootfs"]["diff_ids"] == [each.digest for each in image.layers]
    assert json.loads(config)["config"]["User"] == "60:60"
    assert [row["digest"] for row in manifest["layers"]] == [e.digest for e in image.layers]
    (row,) = json.loads(oci.index([image]))["manifests"]
    assert row["digest"] == oci.digest(oci.manifest(image))
    assert row["annotations"]["io.containerd.image.name"] == image.name


def test_a_layout_lists_every_small_file_once_under_its_digest() -> None:
    files = oci.documents([sample("ichor.local/a:1"), sample("ichor.local/b:1")])
    blobs = {path: body for path, body in files.items() if path.startswith("blobs/")}
    assert all(path == oci.blob_path(oci.digest(body)) for path, body in blobs.items())
    assert len(blobs) == 2  # equal configurations and manifests are one blob each
    assert files["oci-layout"] == b'{"imageLayoutVersion":"1.0.0"}'
