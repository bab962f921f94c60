"""The container images: which files, in which layers, run as whom.

kube-* and kubelet share their lowest layer, the multi-call program: it lies once on disk and once
in the page cache of a node. What one runs besides (mount, nft) is a second layer. No shell in any.
"""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ichor import __version__
from ichor.config.versions import IMAGE_NAMES, image, tag
from ichor.formats import oci
from ichor.image import debian, go, layout, native, root
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.tree import add_libraries, place
from ichor.image.tree import parts as files_of

KUBE: Final = (
    "kubelet",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
)
SYSTEM: Final = ("kubelet", "etcd")  # run by machined in containerd's namespace `system`
_SOURCES: Final = {
    "kube": "https://github.com/kubernetes/kubernetes",
    "etcd": "https://github.com/etcd-io/etcd",
    "coredns": "https://github.com/coredns/coredns",
}
_ACCOUNTS: Final = (
    oci.file("etc/passwd", b"root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/\n"),
    oci.file("etc/group", b"root:x:0:\nnobody:x:65534:\n"),
    oci.file("etc/nsswitch.conf", b"hosts: files dns\n"),
)
_DIRS: Final = (oci.Entry("tmp", 0o1777), oci.Entry("run"), oci.Entry("var"))
_USR_LINKS: Final = tuple(
    oci.Entry(name, target=f"usr/{name}") for name in ("bin", "lib", "lib64", "sbin")
)
# image: programs of Debian and the packages of their libraries
TOOLS: Final = {
    "kubelet": (
        "usr/bin/mount",
        "usr/bin/umount",
        "usr/sbin/losetup",
        "usr/sbin/blkid",
        "usr/bin/nsenter",
    ),
    "kube-proxy": ("usr/sbin/nft",),
}
_TOOL_PACKAGES: Final = (
    *("mount", "util-linux", "libmount1", "libblkid1", "libselinux1", "libpcre2-8-0"),
    *("libsmartcols1", "libc6"),
    *root.NFT_PACKAGES,
)
# behaviours.md section 15; kubelet and kube-proxy are root, etcd has an account of its own
USERS: Final = {
    "kube-apiserver": "65534:65534",
    "kube-controller-manager": "65535:65535",
    "kube-scheduler": "65536:65536",
    "etcd": "60:60",
    "pause": "65535:65535",
}


@dataclass(frozen=True)
class Parts:
    """Results of the steps that the images are made of."""

    programs: Mapping[str, Path]
    tools: Mapping[str, Path]
    certificates: bytes


def images_step(cache: Cache) -> Step:
    """Give the step whose result is an OCI layout of all images."""
    table = go.programs()
    programs = {
        name: go.program_step(cache, table[name])
        for name in ("kube", "etcd", "coredns", "testtool")
    }
    programs["pause"] = native.pause_step(cache)
    tools = debian.steps(_TOOL_PACKAGES)
    authorities = debian.steps(("ca-certificates",))["ca-certificates"]

    def build(out: Path) -> None:
        parts = Parts(
            {name: cache.path(step) / name for name, step in programs.items()},
            {name: cache.path(step) for name, step in tools.items()},
            root.bundle(cache.path(authorities)),
        )
        layers = _layers(parts, out)
        layout.write_index([describe(name, layers[name]) for name in IMAGE_NAMES], out)

    here = Path(__file__)
    recipe = file_digest(here, here.with_name("layout.py"), Path(oci.__file__), Path(root.__file__))
    inputs = {
        "recipe": recipe,
        "version": __version__,
        "tags": repr([image(n) for n in IMAGE_NAMES]),
    }
    return Step("images", build, inputs, (*programs.values(), *tools.values(), authorities), 4)


def describe(name: str, layers: tuple[oci.Descriptor, ...]) -> oci.Image:
    """Give an image's description: entry point, user, labels."""
    component = "kube" if name in KUBE else name
    path = {"pause": "/pause", "coredns": "/coredns", "testtool": "/testtool"}.get(name)
    labels = {
        "org.opencontainers.image.title": name,
        "org.opencontainers.image.version": tag(name),
        "org.opencontainers.image.source": _SOURCES.get(component, "ichor"),
        "dev.ichor.builder": f"ichor {__version__}",
    }
    return oci.Image(
        image(name),
        layers,
        (path or f"/usr/local/bin/{name}",),
        user=USERS.get(name, ""),
        labels=tuple(sorted(labels.items())),
    )


def _layers(parts: Parts, out: Path) -> dict[str, tuple[oci.Descriptor, ...]]:
    certificates = oci.file("etc/ssl/certs/ca-certificates.crt", parts.certificates)
    base = (*_ACCOUNTS, *_DIRS, certificates)
    binaries = "usr/local/bin"
    links = [oci.Entry(f"{binaries}/{name}", target="kube") for name in (*KUBE, "kubectl")]
    kube = [*base, *links, layout.entry(parts.programs["kube"], f"{binaries}/kube")]
    shared = layout.write_layer(kube, out)
    found: dict[str, tuple[oci.Descriptor, ...]] = dict.fromkeys(KUBE, (shared,))
    for name, wanted in TOOLS.items():
        found[name] = (shared, layout.write_layer(_tools(parts, wanted, out), out))
    etcd = layout.entry(parts.programs["etcd"], f"{binaries}/etcd")
    found["etcd"] = (layout.write_layer([*_ACCOUNTS, *_DIRS, etcd], out),)
    for name in ("coredns", "testtool"):
        program = layout.entry(parts.programs[name], name)
        found[name] = (layout.write_layer([*base, program], out),)
    found["pause"] = (layout.write_layer([layout.entry(parts.programs["pause"], "pause")], out),)
    return found


def _tools(parts: Parts, wanted: Iterable[str], out: Path) -> list[oci.Entry]:
    """Give Debian's programs with the libraries that they link, read into memory: all small."""
    with tempfile.TemporaryDirectory(dir=out.parent) as name:
        tree = Path(name)
        for path in wanted:
            source = next(t / path for t in parts.tools.values() if (t / path).exists())
            place(source, tree / path)
        add_libraries(tree, list(parts.tools.values()))
        files = [oci.file(path, (tree / path).read_bytes(), 0o755) for path, _ in files_of(tree)]
    return [*_USR_LINKS, *files]
