"""The root of a node: one read-only squashfs, the same bytes for the same inputs.

No shell, no setuid program, no package database. What a program or library of ours links is taken
from Debian's packages by its ELF header, and nothing else is. Which mode the node runs in
(/usr/etc/in-container) is decided at launch, not here.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ichor.config.versions import version
from ichor.errors import InputError
from ichor.formats import elf
from ichor.image import debian, go, python
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.process import run

CNI: Final = ("bridge", "host-local", "loopback", "portmap")
PROGRAMS: Final = {
    "usr/bin/containerd": "containerd",
    "usr/bin/containerd-shim-runc-v2": "containerd-shim-runc-v2",
    "usr/bin/runc": "runc",
    **{f"opt/cni/bin/{name}": name for name in CNI},
}
# Mount points and the folders of facts/paths.tsv that lie on the read-only root.
DIRECTORIES: Final = (
    "boot",
    "dev",
    "etc/cni/net.d",
    "etc/cri/conf.d",
    "etc/kubernetes",
    "etc/ssl/certs",
    "opt/cni/bin",
    "proc",
    "run",
    "sys",
    "system",
    "tmp",
    "usr/etc",
    "usr/lib/modules",
    "usr/lib/udev/rules.d",
    "usr/local/bin",
    "usr/local/sbin",
    "usr/local/etc/containers",
    "usr/local/etc/talos",
    "usr/local/lib/containers",
    "usr/local/lib/kubelet/credentialproviders",
    "usr/local/share/spdx",
    "usr/share/spdx",
    "var",
)
LINKS: Final = {
    "bin": "usr/bin",
    "sbin": "usr/sbin",
    "lib": "usr/lib",
    "lib64": "usr/lib64",
    "usr/sbin": "bin",
    "etc/mtab": "/proc/self/mounts",
    "var/run": "/run",
}
# Empty files are bound over at boot with what machined renders below /system/etc.
FILES: Final = {
    "etc/hostname": "",
    "etc/hosts": "",
    "etc/resolv.conf": "",
    "etc/machine-id": "",
    "etc/os-release": "",
    "etc/extensions.yaml": "",
    "etc/cri/containerd.toml": "",
    "etc/localtime": "",
    "etc/nsswitch.conf": "hosts: files dns\n",
    "etc/passwd": (
        "root:x:0:0:root:/:/sbin/nologin\napid:x:50:50:apid:/:/sbin/nologin\n"
        "trustd:x:51:51:trustd:/:/sbin/nologin\nregistryd:x:52:52:registryd:/:/sbin/nologin\n"
        "etcd:x:60:60:etcd:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"
    ),
    "etc/group": (
        "root:x:0:\napid:x:50:\ntrustd:x:51:\nregistryd:x:52:\netcd:x:60:\nnogroup:x:65534:\n"
    ),
}
INIT: Final = "#!/usr/bin/python{python} -ISB\nimport sys\n\nsys.path.append('/{site}')\n" + (
    "from ichor.apps.machined.main import main\n\nsys.exit(main())\n"
)
_LIBRARY_DIR: Final = "usr/lib/x86_64-linux-gnu"
_LOADER_DIR: Final = "usr/lib64"


def tree_step(cache: Cache) -> Step:
    """Give the step whose result is the root as a directory, before it is packed."""
    programs = {path: go.program_step(cache, go.programs()[n]) for path, n in PROGRAMS.items()}
    parts = (python.stdlib_step(cache), python.wheels_step(cache), python.package_step(cache))
    pool = debian.steps((*python.LIBRARIES, "ca-certificates"))

    def build(out: Path) -> None:
        for name in DIRECTORIES:
            (out / name).mkdir(parents=True, exist_ok=True)
        for part in parts:
            python.merge(cache.path(part), out)
        for path, step in programs.items():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            os.link(cache.path(step) / Path(path).name, out / path)
        _small_files(out)
        add_libraries(out, [cache.path(step) for step in pool.values()])
        certificates = out / "etc/ssl/certs/ca-certificates.crt"
        certificates.write_bytes(bundle(cache.path(pool["ca-certificates"])))

    needs = (*programs.values(), *parts, *pool.values())
    return Step("root/tree", build, {"recipe": file_digest(Path(__file__))}, needs, 3)


def squashfs_step(cache: Cache, level: int = 3) -> Step:
    """Give the step whose result is root.squashfs; a higher level packs smaller and slower."""
    tree = tree_step(cache)
    inputs = {"level": str(level), "mksquashfs": _packer(), "recipe": "1"}

    def build(out: Path) -> None:
        pack(cache.path(tree), out / "root.squashfs", level)

    return Step("root/squashfs", build, inputs, (tree,), 4 + level * level / 4)


def pack(tree: Path, out: Path, level: int) -> None:
    """Pack a tree: sorted, all of root, all times 0, so that the same tree gives the same bytes."""
    words: list[str | Path] = [
        "mksquashfs",
        tree,
        out,
        "-noappend",
        "-all-root",
        "-no-xattrs",
        "-no-progress",
    ]
    words += ["-mkfs-time", "0", "-all-time", "0", "-reproducible", "-b", "256K", "-no-exports"]
    words += ["-comp", "zstd", "-Xcompression-level", str(level)]
    run(words, package="squashfs-tools")


def add_libraries(out: Path, pool: Sequence[Path]) -> None:
    """Copy what the ELF files below out need, and what that needs, from trees of packages.

    Raises InputError naming a library that no package of the pool has.
    """
    todo = [path for path in sorted(out.rglob("*")) if _is_elf(path)]
    while todo:
        path = todo.pop()
        for folder, name in _linked(elf.linking(path.read_bytes())):
            target = out / folder / name
            if target.exists():
                continue
            places = (tree / folder / name for tree in pool)
            source = next((place for place in places if place.exists()), None)
            if source is None:
                hint = "add its package to components/debian.in and run make lock"
                raise InputError(f"{path.relative_to(out)} needs {name}", hint=hint)
            place(source.resolve(), target)
            todo.append(target)


def _linked(linking: elf.Linking) -> Iterator[tuple[str, str]]:
    """Yield (folder, name) of what is loaded; the loader itself is found by its whole path only."""
    if linking.interpreter:
        yield _LOADER_DIR, Path(linking.interpreter).name
    for name in linking.needed:
        yield _LOADER_DIR if name.startswith("ld-linux") else _LIBRARY_DIR, name


def bundle(package: Path) -> bytes:
    """Join ca-certificates' roots as its maintainer script would: sorted by file name."""
    files = sorted((package / "usr/share/ca-certificates/mozilla").glob("*.crt"))
    return b"".join(file.read_bytes().rstrip(b"\n") + b"\n" for file in files)


def place(source: Path, target: Path) -> None:
    """Put a program or library; it is read and run by all, written by none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)


def _small_files(out: Path) -> None:
    for name, target in LINKS.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).symlink_to(target)
    for name, text in FILES.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)
    init = out / "usr/bin/init"
    init.write_text(INIT.format(python=version("python"), site=python.SITE))
    init.chmod(0o755)


def _is_elf(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        return elf.is_elf(file.read(4))


def _packer() -> str:
    return run(["mksquashfs", "-version"], package="squashfs-tools").splitlines()[0]


def parts(tree: Path) -> Iterator[tuple[str, int]]:
    """Yield (file below the tree, size in bytes) of every plain file."""
    for path in sorted(tree.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(tree).as_posix(), path.stat().st_size
