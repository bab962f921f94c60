"""The build root: Debian's compilers of the lock in a root of their own, entered with chroot(2).

What is compiled in it sees nothing of the host but its kernel, so the host's versions change no
byte. The root is read-only; what a run reads and writes is bound to fixed paths:

    /out, /ccache    writable        /src, /tmp/*       read-only
    /tmp, /dev, /proc                of this run

Mounts live in a namespace of the run, processes in another: both end with it, however it ends.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from ichor.errors import InputError
from ichor.image import debian
from ichor.image.cache import Cache, Step
from ichor.image.process import follow
from ichor.image.tree import merge

_COMPILER: Final = (
    *("gcc-14", "gcc-14-x86-64-linux-gnu", "cpp-14-x86-64-linux-gnu", "libgcc-14-dev", "libcc1-0"),
    *("g++-14", "g++-14-x86-64-linux-gnu", "libstdc++-14-dev", "gcc-14-plugin-dev"),
    *("libgcc-s1", "libstdc++6", "libisl23", "libmpc3", "libmpfr6", "libgmp10", "zlib1g"),
    *("libgmp-dev", "libmpc-dev", "libmpfr-dev", "libc6-dev", "libcrypt-dev", "linux-libc-dev"),
    *("binutils", "binutils-common", "binutils-x86-64-linux-gnu", "libbinutils", "libctf0"),
    *("libctf-nobfd0", "libsframe1", "libjansson4", "libzstd1"),
)
_KERNEL: Final = (
    *("make", "flex", "m4", "bison", "bc", "libreadline8t64", "libtinfo6", "perl-base"),
    *("libcrypt1", "libelf-dev", "libelf1t64", "zlib1g-dev", "libzstd-dev", "libssl-dev"),
    *("libssl3t64", "ccache", "libfmt10", "libhiredis1.1.0", "libxxhash0"),
)
_USERLAND: Final = (
    *("base-files", "bash", "dash", "coreutils", "libacl1", "libattr1", "libcap2", "libsystemd0"),
    *("libselinux1", "libpcre2-8-0", "debianutils", "sed", "grep", "mawk", "findutils"),
    *("diffutils", "tar", "gzip", "xz-utils", "liblzma5", "zstd", "liblz4-1", "libc6"),
)
PACKAGES: Final = (*_COMPILER, *_KERNEL, *_USERLAND)
# Made by maintainer scripts on an installed system.
_LINKS: Final = {
    "usr/bin/awk": "mawk",
    "bin": "usr/bin",
    "sbin": "usr/sbin",
    "lib": "usr/lib",
    "lib64": "usr/lib64",
}
_POINTS: Final = ("src", "out", "ccache", "tmp", "dev", "proc")
_WRITABLE: Final = ("out", "ccache")
CC: Final = "gcc-14"
# $1: the root; then threes of folder, place, rw or ro; then `--` and the command
_ENTER: Final = """
root="$1"; shift
mount --bind "$root" "$root"
mount -t tmpfs -o mode=1777 ichor "$root/tmp"
while [ "$1" != -- ]; do
    mkdir -p "$root/$2"; mount --bind -o "$3" "$1" "$root/$2"; shift 3
done
shift
mount -t tmpfs -o mode=0755 ichor "$root/dev"
for device in null zero full random urandom; do
    : > "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
exec chroot "$root" "$@"
"""


def root_step(cache: Cache) -> Step:
    """Give the step whose result is the root; its files are links to those of the packages."""
    return _root("buildroot", cache, PACKAGES)


def extended_step(cache: Cache, name: str, packages: Sequence[str]) -> Step:
    """Give a root of its own with more packages: what is compiled in the other stays as it is."""
    return _root(f"buildroot/{name}", cache, (*PACKAGES, *packages))


def _root(name: str, cache: Cache, packages: tuple[str, ...]) -> Step:
    parts = debian.steps(packages)

    def build(out: Path) -> None:
        for part in parts.values():
            merge(cache.path(part), out)
        for name in _POINTS:
            (out / name).mkdir(exist_ok=True)
        for name, target in _LINKS.items():
            if not (out / name).is_symlink():
                (out / name).symlink_to(target)

    inputs = {"recipe": "1", "links": repr(_LINKS)}
    return Step(name, build, inputs, tuple(parts.values()), 5)


def enter(
    root: Path,
    argv: Sequence[str],
    *,
    binds: Mapping[str, Path],
    env: Mapping[str, str],
    told: Callable[[str], None] = lambda _line: None,
) -> None:
    """Run a command in the root; `told` gets each line that it writes.

    binds: the host's folders for `src`, `out`, `ccache` and any below `tmp`. Raises BuildFailed,
    InputError.
    """
    if os.geteuid() != 0:
        raise InputError(
            "the build root is entered by chroot, which needs root", hint="run it as root"
        )
    # setpriv and --kill-child: nothing of it outlives us.
    words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"]
    words += ["--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "sh", "-euc", _ENTER]
    words += ["sh", str(root)]
    for place, folder in binds.items():
        words += [str(folder), place, "rw" if place in _WRITABLE else "ro"]
    plain = {"PATH": "/usr/sbin:/usr/bin", "HOME": "/tmp", "LC_ALL": "C", "TZ": "UTC"}  # noqa: S108 - the run's own
    follow([*words, "--", *argv], plain | dict(env), told)
