"""The kubelet's container.

    KubeletSpecs, command line (from `kubelet_args`) ─► Container

It runs pods for the machine, so it sees the machine: its processes, devices and cgroups, and the
directories below. What it mounts for pods must reach them, so those mounts are shared both ways.
"""

from collections.abc import Sequence

from ichor.formats.ocispec import Container, Mount

_SHARED = ("rbind", "rshared", "rw")
_WRITABLE = ("rbind", "rw")
# Its own kubeconfig is written beside the one it was given to begin with.
_KEPT = ("/etc/kubernetes", "/var/lib/containerd", "/var/log/containers", "/var/log/pods")
_READ_ONLY = (
    "/etc/cni",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/machine-id",
    "/etc/os-release",
    "/system/resolved",
)
OOM_SCORE = -450


def render(
    image: str,
    args: tuple[str, ...],
    *,
    log_path: str,
    extra_mounts: Sequence[Mount] = (),
    credential_providers: bool = False,
    restrict_oom: bool = False,
) -> Container:
    """Give the container; extra_mounts are the user's, and come last so that they win."""
    read_only = [*_READ_ONLY]
    if credential_providers:
        read_only.append("/usr/local/lib/kubelet/credentialproviders")
    return Container(
        id="kubelet",
        image=image,
        command=("kubelet",),
        args=args,
        mounts=(
            Mount(destination="/run", source="/run", options=_SHARED),
            Mount(destination="/var/lib/kubelet", source="/var/lib/kubelet", options=_SHARED),
            *(Mount(destination=path, source=path, options=_WRITABLE) for path in _KEPT),
            *(Mount(destination=path, source=path) for path in read_only),
            *extra_mounts,
        ),
        cgroup_path="/podruntime/kubelet",
        # Lowering a score needs CAP_SYS_RESOURCE, which a container's host may withhold.
        oom_score_adj=None if restrict_oom else OOM_SCORE,
        privileged=True,
        host_pid=True,
        propagation="rshared",
        log_path=log_path,
    )
