from pathlib import Path

from ichor.image.store import clone_store, share_equal

SNAPSHOTS = "io.containerd.snapshotter.v1.overlayfs"


def store(top: Path) -> Path:
    files = {
        "io.containerd.content.v1.content/blobs/sha256/aa": b"blob",
        "io.containerd.metadata.v1.bolt/meta.db": b"meta",
        f"{SNAPSHOTS}/metadata.db": b"meta",
        f"{SNAPSHOTS}/snapshots/1/fs/usr/bin/kube": b"k" * 5000,
        f"{SNAPSHOTS}/snapshots/1/fs/lib/some.db": b"a file of an image",
        f"{SNAPSHOTS}/snapshots/2/fs/usr/bin/kube": b"k" * 5000,
        f"{SNAPSHOTS}/snapshots/2/fs/usr/bin/other": b"o" * 5000,
    }
    for name, body in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(body)
    (top / SNAPSHOTS / "snapshots/1/fs/bin").symlink_to("usr/bin")
    (top / SNAPSHOTS / "snapshots/1/fs/tmp").mkdir()
    (top / SNAPSHOTS / "snapshots/1/fs/tmp").chmod(0o1777)
    return top


def inode(path: Path) -> int:
    return path.lstat().st_ino


def test_a_clone_shares_blobs_and_layers_but_not_the_databases(tmp_path: Path) -> None:
    source, target = store(tmp_path / "store"), tmp_path / "var/lib/containerd"
    clone_store(source, target)
    shared = "io.containerd.content.v1.content/blobs/sha256/aa"
    assert inode(source / shared) == inode(target / shared)
    for name in ("io.containerd.metadata.v1.bolt/meta.db", f"{SNAPSHOTS}/metadata.db"):
        assert inode(source / name) != inode(target / name)
        assert (source / name).read_bytes() == (target / name).read_bytes()
    in_layer = f"{SNAPSHOTS}/snapshots/1/fs/lib/some.db"
    assert inode(source / in_layer) == inode(target / in_layer)


def test_a_clone_has_the_links_and_modes_of_the_store(tmp_path: Path) -> None:
    source, target = store(tmp_path / "store"), tmp_path / "clone"
    clone_store(source, target)

    def told(top: Path) -> list[tuple[str, int]]:
        paths = sorted(top.rglob("*"))
        return [(str(each.relative_to(top)), each.lstat().st_mode) for each in paths]

    assert told(source) == told(target)
    assert (target / SNAPSHOTS / "snapshots/1/fs/bin").readlink() == Path("usr/bin")


def test_equal_files_of_two_layers_become_one(tmp_path: Path) -> None:
    layers = store(tmp_path) / SNAPSHOTS / "snapshots"
    share_equal(tmp_path)
    assert inode(layers / "1/fs/usr/bin/kube") == inode(layers / "2/fs/usr/bin/kube")
    assert inode(layers / "1/fs/usr/bin/kube") != inode(layers / "2/fs/usr/bin/other")
    assert (layers / "2/fs/usr/bin/kube").read_bytes() == b"k" * 5000
