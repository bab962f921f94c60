"""All artefacts: what there is to build, and one call that gives their paths.

    artifacts() -> Artifacts(root_squashfs, content_store, bin, kubectl, images, ...)
    node() -> Node(root_squashfs, bin, kubectl, ...), without images

Whatever is missing is built first; a second call costs the hashing of the inputs, some 50 ms.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ichor.config.versions import IMAGE_NAMES, image
from ichor.errors import InputError
from ichor.image import (
    cloud,
    debian,
    disk,
    go,
    hardening,
    installer,
    kernel,
    medium,
    root,
    store,
)
from ichor.image.cache import Cache, Step, Watcher, default_root
from ichor.image.images import images_step
from ichor.image.platform import PLATFORMS
from ichor.image.process import run
from ichor.image.progress import Lines
from ichor.units import format_size

DEFAULT: Final = ("root", "images", "store", "kubectl")
FOR_PLATFORMS: Final = ("cloud", "installer")
_FIRST_BUILD: Final = 10 << 30  # 5.2 GiB compiled packages, 1.5 modules, 1.5 results; the linker's
FAST: Final = 3  # zstd level of the root: 0.6 s; 19 takes a minute and saves a sixth


@dataclass(frozen=True, kw_only=True)
class Node:
    """What every node needs; paths in the cache, read-only for their users.

    bin: a folder for PATH with kubectl.
    """

    root_squashfs: Path
    root_tree: Path
    bin: Path
    kubectl: Path


@dataclass(frozen=True, kw_only=True)
class Artifacts(Node):
    """A node and the container images.

    content_store: for `ichor.image.store.clone_store`. layout: an OCI layout of all images.
    images: reference by name.
    """

    content_store: Path
    layout: Path
    images: Mapping[str, str]


def artifacts(
    cache: Cache | None = None, watcher: Watcher | None = None, *, level: int = FAST
) -> Artifacts:
    """Build what is missing and give where everything is. Needs root to unpack the images."""
    cache = cache or Cache(default_root())
    steps = build(cache, DEFAULT, watcher or Lines(), level)
    return Artifacts(
        **_node(cache, steps),
        content_store=cache.path(steps["store"]) / "containerd",
        layout=cache.path(steps["images"]),
        images={name: image(name) for name in IMAGE_NAMES},
    )


def node(cache: Cache | None = None, watcher: Watcher | None = None, *, level: int = FAST) -> Node:
    """As `artifacts` without the images, for clusters whose nodes pull them."""
    cache = cache or Cache(default_root())
    return Node(**_node(cache, build(cache, ("root", "kubectl"), watcher or Lines(), level)))


def _node(cache: Cache, steps: Mapping[str, Step]) -> dict[str, Path]:
    tools = cache.path(steps["kubectl"])
    return {
        "root_squashfs": cache.path(steps["root"]) / "root.squashfs",
        "root_tree": cache.path(steps["tree"]),
        "bin": tools,
        "kubectl": tools / "kubectl",
    }


def targets(cache: Cache, level: int = FAST, names: Sequence[str] = ()) -> dict[str, Step]:
    """Give all that can be asked for by name: the artefacts, and each program.

    What is for a platform only if it is among the names: each costs the hashing of its inputs.
    """
    steps = {
        "root": root.squashfs_step(cache, level),
        "tree": root.tree_step(cache),
        "images": images_step(cache),
        "store": store.store_step(cache),
        "kubectl": _kubectl_step(cache),
    }
    kernels = {f"kernel/{each}": kernel.kernel_step(cache, each) for each in kernel.FLAVOURS}
    programs = {name: go.program_step(cache, row) for name, row in go.programs().items()}
    named = {f"go/{name}": step for name, step in programs.items()}
    kernels |= {
        f"kernel/config/{each}": kernel.config_step(cache, each) for each in kernel.FLAVOURS
    }
    kernels |= {"kernel": kernels["kernel/full"], "kernel/checker": hardening.checker_step()}
    machines = {
        "disk": disk.disk_step(cache, level),
        "installer": installer.installer_step(cache, level),
        "iso": medium.iso_step(cache, level),
        "pxe": medium.pxe_step(cache, level),
    }
    asked = {name: _for_platform(cache, level, name) for name in names if _is_for_platform(name)}
    return steps | kernels | named | machines | asked


def _is_for_platform(name: str) -> bool:
    kind, _, platform = name.partition("/")
    return kind in FOR_PLATFORMS and platform in PLATFORMS


def _for_platform(cache: Cache, level: int, name: str) -> Step:
    kind, _, platform = name.partition("/")
    if kind == "cloud":
        return cloud.cloud_step(cache, platform, level)
    return installer.installer_step(cache, level, platform=platform)


def build(
    cache: Cache, names: tuple[str, ...], watcher: Watcher, level: int = FAST
) -> dict[str, Step]:
    """Build these targets, by default all artefacts; gives all targets by name."""
    steps = targets(cache, level, names)
    for name in names:
        if name not in steps:
            kinds = (f"{kind}/PLATFORM" for kind in FOR_PLATFORMS)
            known = ", ".join((*steps, *kinds))
            hint = f"one of {known}; a PLATFORM is one of {', '.join(PLATFORMS)}"
            raise InputError(f"nothing is called {name!r}", hint=hint)
    wanted = [steps[name] for name in names or DEFAULT]
    if _must_refresh(cache, wanted):
        for line in debian.refresh():
            watcher.says(f"lock: {line}")
        steps = targets(cache, level, names)
        wanted = [steps[name] for name in names or DEFAULT]
    if not (cache.root / "go").exists() and _lacks(cache, wanted, "go/"):
        check_room(cache.root, lambda place: shutil.disk_usage(place).free)
    cache.make(wanted, watcher)
    return steps


def check_room(root: Path, free_in: Callable[[Path], int]) -> None:
    """Refuse a first build that would fill the disk under a cache's root. Raises InputError."""
    place = next(each for each in (root.absolute(), *root.absolute().parents) if each.exists())
    if (free := free_in(place)) < _FIRST_BUILD:
        message = (
            f"{format_size(free)} free in {place}, {format_size(_FIRST_BUILD)} needed to build"
        )
        raise InputError(message, hint="free some, or set ICHOR_CACHE to a larger disk")


def _must_refresh(cache: Cache, wanted: list[Step]) -> bool:
    """Say whether a package would be fetched while ICHOR_LOCK=refresh asks for a new lock first."""
    return os.environ.get("ICHOR_LOCK") == "refresh" and _lacks(cache, wanted, "debian/")


def _lacks(cache: Cache, wanted: list[Step], prefix: str) -> bool:
    return any(step.name.startswith(prefix) for step in cache.missing(wanted))


def _kubectl_step(cache: Cache) -> Step:
    kube = go.program_step(cache, go.programs()["kube"])

    def fill(out: Path) -> None:
        os.link(cache.path(kube) / "kube", out / "kube")
        (out / "kubectl").symlink_to("kube")
        run([out / "kubectl", "version", "--client"])

    return Step("kubectl", fill, {"recipe": "1"}, (kube,))
