"""What the kernel below lets a node do: found once at start, the same until the next."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec

NAMESPACE = "runtime"
ID = "host"


class HostFacts(Spec, frozen=True, kw_only=True):
    """Kind of ours.

    restricts_oom: no CAP_SYS_RESOURCE, so no score may go below what a process began with.
    cgroup_v1: /sys/fs/cgroup is not one cgroup2 tree.
    """

    definition: ClassVar[Definition] = Definition(
        type="HostFacts.ichor.dev", namespace=NAMESPACE, aliases=("hostfacts",)
    )
    is_container: bool
    cgroup_v1: bool
    restricts_oom: bool
    has_apparmor: bool = False
    has_ipv6: bool = True
