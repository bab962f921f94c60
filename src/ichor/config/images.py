"""Names of the images that generated configuration carries.

Ours are named ichor.local/<name>, so that nobody takes them for somebody else's; those of the
projects themselves go by their own names (pull mode).
"""

from typing import Final

from msgspec import Struct

from ichor.config.versions import LOCAL, version

KUBERNETES_VERSION: Final = version("kubernetes")
UPSTREAM: Final = "registry.k8s.io"
UPSTREAM_KUBELET: Final = "ghcr.io/siderolabs"


class Images(Struct, frozen=True, kw_only=True):
    """Whole references."""

    kubelet: str
    apiserver: str
    controller_manager: str
    scheduler: str
    proxy: str


def built(kubernetes: str = KUBERNETES_VERSION) -> Images:
    return _images(LOCAL, LOCAL, kubernetes)


def pulled(kubernetes: str = KUBERNETES_VERSION) -> Images:
    return _images(UPSTREAM_KUBELET, UPSTREAM, kubernetes)


def _images(kubelet: str, others: str, kubernetes: str) -> Images:
    tag = f"v{kubernetes.removeprefix('v')}"
    return Images(
        kubelet=f"{kubelet}/kubelet:{tag}",
        apiserver=f"{others}/kube-apiserver:{tag}",
        controller_manager=f"{others}/kube-controller-manager:{tag}",
        scheduler=f"{others}/kube-scheduler:{tag}",
        proxy=f"{others}/kube-proxy:{tag}",
    )
