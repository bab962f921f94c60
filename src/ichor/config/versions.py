"""Which version of each component, and by which name its image goes.

Images of our own building are named `ichor.local/<name>:<tag>`, so that nobody takes them for
somebody else's; in pull mode the names are those of the projects' own registries.
"""

from typing import Final, Literal

from msgspec import Struct

from ichor import __version__
from ichor.config.versions_table import VERSIONS
from ichor.errors import InputError

Source = Literal["build", "pull"]
LOCAL: Final = "ichor.local"
INSTALLER: Final = f"{LOCAL}/installer:v{__version__}"  # of this release

# name of the image: (component, upstream repository or "" where there is none)
_IMAGES: Final[dict[str, tuple[str, str]]] = {
    "kubelet": ("kubernetes", "ghcr.io/siderolabs/kubelet"),
    "kube-apiserver": ("kubernetes", "registry.k8s.io/kube-apiserver"),
    "kube-controller-manager": ("kubernetes", "registry.k8s.io/kube-controller-manager"),
    "kube-scheduler": ("kubernetes", "registry.k8s.io/kube-scheduler"),
    "kube-proxy": ("kubernetes", "registry.k8s.io/kube-proxy"),
    "etcd": ("etcd", "registry.k8s.io/etcd"),
    "coredns": ("coredns", "registry.k8s.io/coredns/coredns"),
    "pause": ("pause", "registry.k8s.io/pause"),
    "testtool": ("testtool", ""),
}
IMAGE_NAMES: Final = tuple(_IMAGES)


class Images(Struct, frozen=True, kw_only=True):
    """References of the images that generated configuration names."""

    kubelet: str
    apiserver: str
    controller_manager: str
    scheduler: str
    proxy: str


def images(source: Source = "build", kubernetes: str = "") -> Images:
    """Give them; kubernetes: another version than this release's, only to be pulled."""

    def named(name: str) -> str:
        if not kubernetes:
            return image(name, source)
        return f"{image(name, source).rpartition(':')[0]}:v{kubernetes.removeprefix('v')}"

    return Images(
        kubelet=named("kubelet"),
        apiserver=named("kube-apiserver"),
        controller_manager=named("kube-controller-manager"),
        scheduler=named("kube-scheduler"),
        proxy=named("kube-proxy"),
    )


def version(component: str) -> str:
    """Give the version of a component without a leading `v`."""
    if component not in VERSIONS:
        raise InputError(f"no component {component!r}; there are {', '.join(VERSIONS)}")
    return VERSIONS[component]


def tag(name: str) -> str:
    """Give the tag of an image: the version with a `v`, but for pause, which never had one."""
    component = _row(name)[0]
    return version(component) if component == "pause" else f"v{version(component)}"


def image(name: str, source: Source = "build") -> str:
    """Give the whole reference of an image. Raises InputError if there is none to pull."""
    upstream = _row(name)[1]
    if source == "build":
        return f"{LOCAL}/{name}:{tag(name)}"
    if not upstream:
        raise InputError(f"image {name!r} is ours alone", hint="use --images=build")
    return f"{upstream}:{tag(name)}"


def _row(name: str) -> tuple[str, str]:
    if name not in _IMAGES:
        raise InputError(f"no image {name!r}; there are {', '.join(_IMAGES)}")
    return _IMAGES[name]
