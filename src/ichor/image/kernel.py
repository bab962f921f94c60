"""The kernel: Debian's source of the lock, our configuration, compiled in the build root.

    kernel/source             the tree of linux-source-6.12
    kernel/config/<flavour>   config: what Kconfig made of kernel/*.fragment, each wish met
    kernel/<flavour>          bzImage, config, release (what `uname -r` says)

`full` is for machines, `test` for QEMU: fewer drivers, the same hardening. The paths in the build
root, the user, the host and the date are fixed, so two builds give the same bytes. ccache, shared
by all builds of a cache, only makes them fast: an interrupted build goes on where it was.
"""

import gzip
import os
import re
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from ichor.formats import kconfig
from ichor.image import buildroot, checkout, debian
from ichor.image.cache import Cache, Step, remove
from ichor.image.process import BuildFailed

SOURCE: Final = "linux-source-6.12"
_SHARED: Final = ("base", "network", "containers", "hardening")
FLAVOURS: Final = {"full": (*_SHARED, "full"), "test": (*_SHARED, "test")}
_MAKE: Final = (
    *("make", "-C", "/src", "O=/out", "CC=ccache gcc-14", "HOSTCC=ccache gcc-14"),
    "HOSTCXX=ccache g++-14",
    # The plugin for latent entropy draws its constants from this instead of from /dev/urandom.
    "KCFLAGS=-frandom-seed=ichor",
    # A warning that gcc 14 gives wrongly where NR_CPUS is above 256; WERROR makes it an error.
    "CFLAGS_padata.o=-Wno-stringop-overread",
)
# What a cold build prints and takes on two free cores; for estimates only.
_LINES: Final = {"full": 4200, "test": 2100}
_SECONDS: Final = {"full": 4800.0, "test": 900.0}
CCACHE: Final = {
    "CCACHE_DIR": "/ccache",
    "CCACHE_MAXSIZE": "3G",
    # The driver names the whole compiler by its Debian version; the assembler has its own.
    "CCACHE_COMPILERCHECK": "content",
    "CCACHE_EXTRAFILES": "/usr/bin/as",
}
_OBJECT: Final = re.compile(r"\s+(CC|AS|LD|AR|HOSTCC)\s")


def fragments(flavour: str) -> dict[str, str]:
    """Read the fragments of a flavour, by name."""
    folder = checkout.root() / "kernel"
    return {name: (folder / f"{name}.fragment").read_text() for name in FLAVOURS[flavour]}


def arguments() -> tuple[str, ...]:
    """Read kernel/cmdline: what every image's command line has besides its own."""
    return debian.wanted((checkout.root() / "kernel/cmdline").read_text())


def source_step(cache: Cache) -> Step:
    archive = debian.steps((SOURCE,))[SOURCE]
    root = buildroot.root_step(cache)

    def build(out: Path) -> None:
        unpack = ["tar", "-C", "/out", "--strip-components=1", "--no-same-owner", "-xf"]
        binds = {"src": cache.path(archive), "out": out}
        buildroot.enter(
            cache.path(root), [*unpack, f"/src/usr/src/{SOURCE}.tar.xz"], binds=binds, env={}
        )

    return Step("kernel/source", build, {"recipe": "1"}, (archive, root), 40)


def config_step(cache: Cache, flavour: str) -> Step:
    source, root = source_step(cache), buildroot.root_step(cache)
    wishes = kconfig.combine(fragments(flavour))
    rendered = kconfig.render(wishes)

    def build(out: Path) -> None:
        work = _work(out)
        (work / "wishes").write_text(rendered)
        binds = {"src": cache.path(source), "out": work, "ccache": ccache(cache)}
        # alldefconfig: what is not wished for is as the kernel's authors think best.
        # tinyconfig would turn on SLUB_TINY, which drops the slab's hardening.
        env = CCACHE | {"KCONFIG_ALLCONFIG": "/out/wishes"}
        buildroot.enter(cache.path(root), [*_MAKE, "-s", "alldefconfig"], binds=binds, env=env)
        text = (work / ".config").read_text()
        check(flavour, wishes, text)
        (out / "config").write_text(text)
        remove(work)

    inputs = {"wishes": rendered, "make": repr(_MAKE), "recipe": "1"}
    return Step(f"kernel/config/{flavour}", build, inputs, (source, root), 15)


def check(flavour: str, wishes: tuple[kconfig.Wish, ...], config: str) -> None:
    """Raise BuildFailed unless a configuration meets each wish and has no modules."""
    values = kconfig.parse_config(config)
    wrong = kconfig.unmet(wishes, values)
    wrong += [f"{name} would be a module" for name in kconfig.modules(values)]
    if wrong:
        raise BuildFailed("\n".join([f"kernel/*.fragment, flavour {flavour}:", *wrong]))


def kernel_step(cache: Cache, flavour: str) -> Step:
    """Give the step whose result is the kernel: <result>/bzImage."""
    source, root = source_step(cache), buildroot.root_step(cache)
    config = config_step(cache, flavour)
    archive = debian.steps((SOURCE,))[SOURCE]

    def build(out: Path) -> None:
        work = _work(out)
        (work / ".config").write_bytes((cache.path(config) / "config").read_bytes())
        binds = {"src": cache.path(source), "out": work, "ccache": ccache(cache)}
        env = CCACHE | stamps(cache.path(archive))
        jobs = f"-j{os.cpu_count() or 1}"
        told = _counter(_LINES[flavour], cache.reached)
        buildroot.enter(
            cache.path(root), [*_MAKE, jobs, "bzImage"], binds=binds, env=env, told=told
        )
        for name, made in {
            "bzImage": "arch/x86/boot/bzImage",
            "config": ".config",
            "release": "include/config/kernel.release",
        }.items():
            (out / name).write_bytes((work / made).read_bytes())
        remove(work)

    inputs = {"make": repr(_MAKE), "recipe": "1"}
    needs = (source, root, config, archive)
    return Step(f"kernel/{flavour}", build, inputs, needs, _SECONDS[flavour])


def stamps(package: Path) -> dict[str, str]:
    """Give what a kernel says of its making: by nobody, nowhere, as old as the source."""
    with gzip.open(package / f"usr/share/doc/{SOURCE}/changelog.Debian.gz", "rt") as file:
        line = next(line for line in file if line.startswith(" -- "))
    date = parsedate_to_datetime(line.rpartition(">")[2].strip())
    return {
        "SOURCE_DATE_EPOCH": str(int(date.timestamp())),
        "KBUILD_BUILD_TIMESTAMP": f"{date.astimezone(UTC):%a %b %d %H:%M:%S UTC %Y}",
        "KBUILD_BUILD_USER": "build",
        "KBUILD_BUILD_HOST": "ichor",
        "KBUILD_BUILD_VERSION": "1",
    }


def _work(out: Path) -> Path:
    """Make the folder of objects beside a result; the next run removes what a killed one left."""
    work = out.with_name(f"{out.name}.objects")
    remove(work)
    work.mkdir()
    return work


def ccache(cache: Cache) -> Path:
    folder = cache.root / "ccache"
    folder.mkdir(exist_ok=True)
    return folder


def _counter(total: int, reached: Callable[[float], None]) -> Callable[[str], None]:
    """Give who counts lines of `make` and tells how far it is."""
    count = 0

    def told(line: str) -> None:
        nonlocal count
        if _OBJECT.match(line):
            count += 1
            reached(min(count / total, 0.99))

    return told
