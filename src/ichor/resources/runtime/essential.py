"""The services a machine cannot do without, by what it is."""

from ichor.resources.config.kinds import MachineKind

CONTROL_PLANES = frozenset({MachineKind.INIT, MachineKind.CONTROLPLANE})


def services_of(kind: MachineKind) -> tuple[str, ...]:
    both = ("apid", "containerd", "kubelet", "machined")
    return (*both, "etcd", "trustd") if kind in CONTROL_PLANES else both
