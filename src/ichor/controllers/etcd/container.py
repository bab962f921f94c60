"""etcd's container.

    EtcdSpecs, command line (from `args`) ─► Container

Its own user, no capability, read-only root; of the host only its data and its secrets, at the
paths the command line names.
"""

from ichor.controllers.etcd.args import DATA, SECRETS
from ichor.formats.ocispec import Container, Limit, Mount, Resources

UID = 60
_FILES = 1 << 16


def render(
    image: str, args: tuple[str, ...], *, log_path: str, file_limit: int = _FILES
) -> Container:
    """Give the container; file_limit: no more than the host lets us."""
    return Container(
        id="etcd",
        image=image,
        command=("etcd",),
        args=args,
        uid=UID,
        gid=UID,
        mounts=(
            Mount(destination=DATA, source=DATA, options=("rbind", "rw")),
            Mount(destination=SECRETS, source=SECRETS),
            Mount(destination="/etc/hosts", source="/etc/hosts"),
            Mount(destination="/etc/resolv.conf", source="/etc/resolv.conf"),
        ),
        limits=(Limit("RLIMIT_NOFILE", file_limit, file_limit),),
        resources=Resources(cpu_shares=2048),
        cgroup_path="/podruntime/etcd",
        log_path=log_path,
    )
