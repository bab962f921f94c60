from pathlib import Path

import pytest
from tests.formats.test_elf import program

from ichor.errors import InputError
from ichor.formats.squashfs import Listed
from ichor.image import root
from ichor.image.inspect import part_of, programs
from ichor.image.tree import add_libraries, parts

LIBS = "usr/lib/x86_64-linux-gnu"


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_libraries_are_added_with_what_they_need_themselves(tmp_path: Path) -> None:
    out, pool = tmp_path / "out", tmp_path / "pool"
    put(out / "usr/bin/x", program(["liba.so.1"], "/lib64/ld-linux-x86-64.so.2"))
    put(pool / LIBS / "liba.so.1.2", program(["libb.so.1", "ld-linux-x86-64.so.2"]))
    (pool / LIBS / "liba.so.1").symlink_to("liba.so.1.2")
    put(pool / LIBS / "libb.so.1", program([]))
    put(pool / LIBS / "libunused.so.1", program([]))
    put(pool / "usr/lib64/ld-linux-x86-64.so.2", program([]))
    add_libraries(out, [pool])
    assert [name for name, _ in parts(out)] == [
        "usr/bin/x",
        f"{LIBS}/liba.so.1",
        f"{LIBS}/libb.so.1",
        "usr/lib64/ld-linux-x86-64.so.2",
    ]


def test_a_library_that_no_package_has_is_named_with_who_needs_it(tmp_path: Path) -> None:
    put(tmp_path / "out/usr/bin/x", program(["liba.so.1"]))
    with pytest.raises(InputError, match=r"usr/bin/x needs liba\.so\.1.*debian\.in"):
        add_libraries(tmp_path / "out", [tmp_path / "pool"])


def test_the_same_tree_packs_to_the_same_bytes(tmp_path: Path) -> None:
    for number in (1, 2):
        tree = tmp_path / f"tree{number}"
        names = ["usr/lib/a", "usr/lib/b", "etc/c"]
        for name in names if number == 1 else reversed(names):
            put(tree / name, name.encode() * 1000)
        (tree / "bin").symlink_to("usr/bin")
        root.pack(tree, tmp_path / f"{number}.squashfs", 3)
    one, two = ((tmp_path / f"{n}.squashfs").read_bytes() for n in (1, 2))
    assert one == two


def test_authorities_are_joined_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "usr/share/ca-certificates/mozilla"
    put(folder / "b.crt", b"B\n")
    put(folder / "a.crt", b"A")
    assert root.bundle(tmp_path) == b"A\nB\n"


def test_programs_are_files_that_can_be_started_and_no_libraries() -> None:
    def listed(kind: str, mode: str, path: str) -> Listed:
        return Listed(kind, mode, 0, 0, 1, path, "")

    entries = [
        listed("-", "rwxr-xr-x", "usr/bin/runc"),
        listed("-", "rwxr-xr-x", "usr/lib/libc.so.6"),
        listed("-", "rw-r--r--", "etc/hosts"),
        listed("d", "rwxr-xr-x", "usr"),
        listed("l", "rwxrwxrwx", "bin"),
    ]
    assert programs(entries) == ("usr/bin/runc",)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("usr/bin/containerd", "containerd"),
        ("usr/bin/containerd-shim-runc-v2", "containerd-shim-runc-v2"),
        ("usr/lib/ichor/ichor/log.pyc", "Ichor"),
        ("usr/lib/ichor/h2/config.pyc", "other wheels"),
        ("etc/hosts", "configuration"),
    ],
)
def test_each_file_belongs_to_a_part(path: str, part: str) -> None:
    assert part_of(path) == part
