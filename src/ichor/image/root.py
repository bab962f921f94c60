"""The root of a node: one read-only squashfs, the same bytes for the same inputs.

No shell, no setuid program, no package database. What a program or library of ours links is taken
from Debian's packages by its ELF header, and nothing else is. Which mode the node runs in
(/usr/etc/in-container) is decided at launch, not here.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ichor.image import debian, go, native, python, tools
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.process import run
from ichor.image.tree import LIBRARY_DIR, add_libraries, merge, place

CNI: Final = ("bridge", "host-local", "loopback", "portmap")
PROGRAMS: Final = {
    "usr/bin/containerd": "containerd",
    "usr/bin/containerd-shim-runc-v2": "containerd-shim-runc-v2",
    "usr/bin/runc": "runc",
    **{f"opt/cni/bin/{name}": name for name in CNI},
}
# The portmap plugin programs host ports by nft; so may we.
NFT_PACKAGES: Final = (
    *("nftables", "libnftables1", "libgmp10", "libjansson4", "libmnl0", "libnftnl11"),
    *("libxtables12", "libedit2", "libbsd0", "libmd0", "libtinfo6"),
)
# What containerd asks before each pull: controllers/cri/config.py.
VERIFIERS: Final = "usr/lib/containerd/verifiers"
# What makes the file systems of a machine's disk.
XFS_PACKAGES: Final = ("xfsprogs", "libinih1", "liburcu8t64", "libblkid1", "libuuid1")
# What encrypts them: libcryptsetup, which machined loads where a configuration asks for it.
LUKS_PACKAGES: Final = (
    *("libcryptsetup12", "libdevmapper1.02.1", "libjson-c5", "libudev1", "libcap2"),
    *("libselinux1", "libpcre2-8-0"),
)
CRYPTSETUP: Final = f"{LIBRARY_DIR}/libcryptsetup.so.12"
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
        "signer:x:53:53:signer:/:/sbin/nologin\n"
        "etcd:x:60:60:etcd:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"
    ),
    "etc/group": (
        "root:x:0:\napid:x:50:\ntrustd:x:51:\nregistryd:x:52:\nsigner:x:53:\netcd:x:60:\nnogroup:x:65534:\n"
    ),
}


def tree_step(cache: Cache) -> Step:
    """Give the step whose result is the root as a directory, before it is packed."""
    programs = {path: go.program_step(cache, go.programs()[n]) for path, n in PROGRAMS.items()}
    parts = (python.stdlib_step(cache), python.wheels_step(cache), python.package_step(cache))
    verifier = native.image_verifier_step(cache)
    of_disks = (*XFS_PACKAGES, *LUKS_PACKAGES)
    pool = debian.steps((*python.LIBRARIES, *NFT_PACKAGES, *of_disks, "ca-certificates"))

    def build(out: Path) -> None:
        for name in DIRECTORIES:
            (out / name).mkdir(parents=True, exist_ok=True)
        for part in parts:
            merge(cache.path(part), out)
        for path, step in programs.items():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            os.link(cache.path(step) / Path(path).name, out / path)
        place(cache.path(verifier) / native.VERIFIER, out / VERIFIERS / native.VERIFIER)
        place(cache.path(pool["nftables"]) / "usr/sbin/nft", out / "usr/bin/nft")
        place(cache.path(pool["xfsprogs"]) / "usr/sbin/mkfs.xfs", out / "usr/bin/mkfs.xfs")
        place((cache.path(pool["libcryptsetup12"]) / CRYPTSETUP).resolve(), out / CRYPTSETUP)
        _small_files(out)
        add_libraries(out, [cache.path(step) for step in pool.values()])
        certificates = out / "etc/ssl/certs/ca-certificates.crt"
        certificates.write_bytes(bundle(cache.path(pool["ca-certificates"])))

    needs = (*programs.values(), verifier, *parts, *pool.values())
    return Step("root/tree", build, {"recipe": file_digest(Path(__file__))}, needs, 3)


def squashfs_step(cache: Cache, level: int = 3) -> Step:
    """Give the step whose result is root.squashfs; a higher level packs smaller and slower."""
    tree = tree_step(cache)
    packer = tools.tools_step(cache)

    def build(out: Path) -> None:
        pack(cache.path(tree), out / "root.squashfs", level, tools.mksquashfs(cache))

    inputs = {"level": str(level), "recipe": "2"}
    return Step("root/squashfs", build, inputs, (tree, packer), 1 + level * level / 10)


def pack(tree: Path, out: Path, level: int, mksquashfs: Sequence[str] = ("mksquashfs",)) -> None:
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


def bundle(package: Path) -> bytes:
    """Join ca-certificates' roots as its maintainer script would: sorted by file name."""
    files = sorted((package / "usr/share/ca-certificates/mozilla").glob("*.crt"))
    return b"".join(file.read_bytes().rstrip(b"\n") + b"\n" for file in files)


def _small_files(out: Path) -> None:
    for name, target in LINKS.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).symlink_to(target)
    for name, text in FILES.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)
