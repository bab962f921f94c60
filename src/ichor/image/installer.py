"""The installer image: what a machine pulls and writes to its disk. Nothing in it runs."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ichor import __version__
from ichor.config.versions import INSTALLER as NAME
from ichor.formats import installer, oci
from ichor.image import layout, measure, uki
from ichor.image import platform as platforms
from ichor.image import verity as verified
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.platform import METAL

ARCHITECTURE: Final = "amd64"
ARCHIVE: Final = "installer.tar"
_LABELS: Final = (
    ("org.opencontainers.image.title", "installer"),
    ("org.opencontainers.image.version", f"v{__version__}"),
)


def installer_step(
    cache: Cache, level: int = 3, more: Sequence[str] = (), platform: str = METAL
) -> Step:
    """Give the step whose result is an OCI archive. more: arguments of the kernel."""
    root, image = verified.verity_step(cache, level), uki.uki_step(cache, level, more, platform)
    sources = (Path(__file__), Path(installer.__file__), Path(layout.__file__), Path(oci.__file__))

    def build(out: Path) -> None:
        pack(cache.path(image) / uki.FILE, cache.path(root) / verified.IMAGE, out / ARCHIVE)
        shutil.copy(cache.path(image) / measure.FILE, out)

    inputs = {"recipe": file_digest(*sources), "name": NAME}
    return Step(platforms.suffixed("installer", platform), build, inputs, (root, image), 1)


def pack(kernel: Path, root: Path, out: Path) -> None:
    """Write the archive of an image that firmware starts, and of its root."""
    with tempfile.TemporaryDirectory(dir=out.parent) as work:
        folder = Path(work)
        files = {installer.KERNEL: kernel, installer.ROOT: root}
        entries = [
            layout.entry(file, installer.path(name, ARCHITECTURE), 0o644)
            for name, file in files.items()
        ]
        made = oci.Image(NAME, (layout.write_layer(entries, folder),), (), labels=_LABELS)
        layout.write_index([made], folder)
        layout.archive(folder, [NAME], out)
