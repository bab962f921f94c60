"""The prepared content store: a /var/lib/containerd with all images imported and unpacked.

It is made once by the containerd that was built, in a mount namespace of its own, and cloned for
each node by hard links (seconds become milliseconds: importing is 9 to 11 of 18 s of a first boot).
That is safe because containerd never writes a blob or a lower layer in place; only the databases
change, so those are copied.
"""

import contextlib
import filecmp
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Final

from ichor.config.versions import IMAGE_NAMES, image
from ichor.errors import InputError
from ichor.image import go, layout
from ichor.image.cache import Cache, Step, remove
from ichor.image.images import SYSTEM, images_step
from ichor.image.process import BuildFailed, run

NAMESPACES: Final = {
    "system": SYSTEM,
    "k8s.io": tuple(name for name in IMAGE_NAMES if name not in SYSTEM),
}
# The kubelet removes unused images when the disk is nearly full; nothing could bring ours back.
_LABELS: Final = ("io.cri-containerd.image=managed", "io.cri-containerd.pinned=pinned")
_DISABLED: Final = (
    "io.containerd.grpc.v1.cri io.containerd.cri.v1.images io.containerd.cri.v1.runtime"
    " io.containerd.nri.v1.nri io.containerd.snapshotter.v1.erofs io.containerd.differ.v1.erofs"
    " io.containerd.snapshotter.v1.blockfile io.containerd.snapshotter.v1.native"
    " io.containerd.tracing.processor.v1.otlp io.containerd.internal.v1.tracing"
)
_KEPT: Final = (
    "io.containerd.content.v1.content",
    "io.containerd.metadata.v1.bolt",
    "io.containerd.snapshotter.v1.overlayfs",
)
_START_SECONDS: Final = 30.0


def store_step(cache: Cache) -> Step:
    """Give the step whose result holds the store in <result>/containerd."""
    images = images_step(cache)
    table = go.programs()
    containerd, ctr = (go.program_step(cache, table[name]) for name in ("containerd", "ctr"))

    def build(out: Path) -> None:
        if os.geteuid() != 0:
            raise InputError("unpacking images needs root", hint="run it as root")
        store = out / "containerd"
        programs = (cache.path(containerd) / "containerd", cache.path(ctr) / "ctr")
        fill(store, cache.path(images), programs)
        for part in store.iterdir():
            if part.name not in _KEPT:  # such as the daemon's own UUID
                remove(part)
        share_equal(store)

    return Step("store", build, {"recipe": "3"}, (images, containerd, ctr), 15)


def fill(store: Path, images: Path, programs: tuple[Path, Path]) -> None:
    """Import an OCI layout into a new store by a containerd that runs only for that."""
    containerd, ctr = programs
    known = layout.images(images)
    with tempfile.TemporaryDirectory(prefix="ichor-store-") as name:
        work = Path(name)
        with _running(containerd, store, work) as socket:
            for namespace, names in NAMESPACES.items():
                told: list[str | Path] = [
                    ctr,
                    "--address",
                    socket,
                    "--namespace",
                    namespace,
                    "images",
                ]
                references = [image(each) for each in names]
                bundle = work / f"{namespace}.tar"
                layout.archive(images, references, bundle)
                run([*told, "import", "--local", "--snapshotter", "overlayfs", bundle])
                bundle.unlink()
                for reference in references:
                    _as_cri_has_it(told, reference, known[reference].config)


def _as_cri_has_it(told: Sequence[str | Path], reference: str, config: str) -> None:
    """Label an image, and name it by its id too, as CRI does with what it pulls.

    With the labels there, CRI takes an image for its own at the start and writes nothing.
    """
    run([*told, "tag", reference, config])
    for name in (reference, config):
        run([*told, "label", name, *_LABELS])


def clone_store(store: Path, target: Path) -> None:
    """Make a node's /var/lib/containerd from a prepared store, by hard links where it can.

    target must not exist yet, and is best on the file system of the store; else files are copied.
    """
    for source, names in _walk(store):
        folder = target / source.relative_to(store)
        folder.mkdir(parents=True)
        for name in names:
            _clone(source / name, folder / name)
        _same_status(source, folder)


def share_equal(store: Path) -> None:
    """Make equal large files of the unpacked layers one file: namespaces unpack apart.

    The kubelet in `system` and the API server in `k8s.io` are the same 155 MB; linked, they are
    one inode and so one copy in the page cache, too.
    """
    sizes: dict[tuple[int, int], list[Path]] = {}
    for path in sorted(store.glob("io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs/**/*")):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size >= 4096:
            same = sizes.setdefault((status.st_size, status.st_mode), [])
            twin = next((each for each in same if filecmp.cmp(each, path, shallow=False)), None)
            if twin is None:
                same.append(path)
            else:
                path.unlink()
                os.link(twin, path)


def _walk(store: Path) -> Iterator[tuple[Path, Sequence[str]]]:
    """Yield each folder with the names in it that are no folders."""
    for folder, folders, files in os.walk(store):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield Path(folder), sorted([*files, *links])


def _clone(source: Path, target: Path) -> None:
    status = source.lstat()
    if stat.S_ISLNK(status.st_mode):
        target.symlink_to(source.readlink())
        os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
    elif source.suffix == ".db" and "snapshots" not in source.parts and "blobs" not in source.parts:
        shutil.copy2(source, target)
    else:
        try:
            os.link(source, target)
        except OSError:  # another file system, or too many links
            shutil.copy2(source, target)
            _same_status(source, target)


def _same_status(source: Path, target: Path) -> None:
    status = source.stat()
    os.chown(target, status.st_uid, status.st_gid)
    target.chmod(stat.S_IMODE(status.st_mode))


@contextlib.contextmanager
def _running(containerd: Path, store: Path, work: Path) -> Generator[Path]:
    """Run containerd on a store; it dies with us, and its mounts with it."""
    socket = work / "s"
    config = work / "config.toml"
    config.write_text(_config(store, work, socket))
    with (work / "log").open("wb") as log:
        # setpriv: a killed build leaves no daemon; unshare: no mount of it is seen outside.
        words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"]
        process = subprocess.Popen([*words, containerd, "--config", config], stdout=log, stderr=log)
        try:
            _await_socket(process, socket, work / "log")
            yield socket
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_socket(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > until:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise BuildFailed(f"containerd did not start:\n{tail}")
        time.sleep(0.05)


def _config(store: Path, work: Path, socket: Path) -> str:
    names = ", ".join(f'"{name}"' for name in _DISABLED.split())
    return (
        f'version = 3\nroot = "{store}"\nstate = "{work / "state"}"\noom_score = 0\n'
        f'disabled_plugins = [{names}]\n[grpc]\naddress = "{socket}"\n'
    )
