"""Who may call what: one table from role sets to methods, and nothing decided elsewhere.

A method without a row needs `os:admin`. Methods of ours (packages `ichor.*`) stand in a table of
their own, so that nothing is ever added to the interface we speak.
"""

from collections.abc import Iterable, Mapping

from ichor.cosi.resource import Definition
from ichor.pki.roles import Role

ADMIN = Role.ADMIN
OPERATOR = Role.OPERATOR
READER = Role.READER

_READ = (ADMIN, OPERATOR, READER)
_OPERATE = (ADMIN, OPERATOR)
# A reader counts here only while no complete configuration is loaded; the method itself decides.
_MAINTENANCE = (ADMIN, READER)

_METHODS: Mapping[tuple[str, ...], str] = {
    _READ: """
        cluster.ClusterService/HealthCheck
        inspect.InspectService/ControllerRuntimeDependencies
        machine.ImageService/List
        machine.StorageService/Statfs
        machine.MachineService/CPUInfo
        machine.MachineService/CPUFreqStats
        machine.MachineService/Containers
        machine.MachineService/DiskStats
        machine.MachineService/DiskUsage
        machine.MachineService/Dmesg
        machine.MachineService/Events
        machine.MachineService/Hostname
        machine.MachineService/ImageList
        machine.MachineService/List
        machine.MachineService/LoadAvg
        machine.MachineService/Logs
        machine.MachineService/LogsContainers
        machine.MachineService/Memory
        machine.MachineService/Mounts
        machine.MachineService/NetworkDeviceStats
        machine.MachineService/Netstat
        machine.MachineService/Processes
        machine.MachineService/ServiceList
        machine.MachineService/Stats
        machine.MachineService/SystemStat
        machine.MachineService/Version
        cosi.resource.State/Get
        cosi.resource.State/List
        cosi.resource.State/Watch
        storage.StorageService/Disks
        time.TimeService/Time
        time.TimeService/TimeCheck
    """,
    _OPERATE: """
        machine.ImageService/Pull
        machine.MachineService/EtcdAlarmDisarm
        machine.MachineService/EtcdDefragment
        machine.MachineService/ImagePull
        machine.MachineService/PacketCapture
        machine.MachineService/Reboot
        machine.MachineService/Restart
        machine.MachineService/ServiceRestart
        machine.MachineService/ServiceStart
        machine.MachineService/ServiceStop
        machine.MachineService/Shutdown
    """,
    (*_READ, Role.ETCD_BACKUP): """
        machine.MachineService/EtcdAlarmList
        machine.MachineService/EtcdMemberList
        machine.MachineService/EtcdStatus
    """,
    (*_OPERATE, Role.ETCD_BACKUP): "machine.MachineService/EtcdSnapshot",
    (*_READ, Role.IMAGE_VERIFIER): "machine.ImageService/Verify",
    (ADMIN, Role.META_WRITER): """
        machine.MachineService/MetaWrite
        machine.MachineService/MetaDelete
    """,
    _MAINTENANCE: """
        machine.MachineService/ApplyConfiguration
        storage.StorageService/BlockDeviceWipe
        machine.LVMService/LogicalVolumeRemove
        machine.LVMService/VolumeGroupRemove
        machine.LVMService/PhysicalVolumeRemove
        machine.MDService/Destroy
    """,
}

# What the process trustd is, whatever it states: no certificate carries it and apid grants it to
# nobody, so that it can be had by holding the other end of the socket only.
TRUSTD = "ichor:trustd"
_OURS: Mapping[tuple[str, ...], str] = {
    (TRUSTD,): "ichor.trust.v1.Trust/Sign",
    _READ: """
        ichor.attest.v1.Attestation/Attest
        ichor.attest.v1.Attestation/Activate
    """,
    _OPERATE: "ichor.power.v1.Power/Reboot ichor.image.v1.Image/Verify",
}
_TRUSTD_MAY = frozenset({"/ichor.trust.v1.Trust/Sign", "/cosi.resource.State/Watch"})
_TRUSTD_SEES = frozenset({"TrustdCertificates.secrets.talos.dev", "JoinTokens.ichor.dev"})

_ALLOWED: Mapping[str, frozenset[str]] = {
    f"/{method}": frozenset(roles)
    for table in (_METHODS, _OURS)
    for roles, text in table.items()
    for method in text.split()
}
_ADMIN_ONLY = frozenset({ADMIN})


def roles_for(path: str) -> frozenset[str]:
    """Give the roles of which one suffices to call the method; path: `/package.Service/Method`."""
    return _ALLOWED.get(path, _ADMIN_ONLY)


def may_call(path: str, roles: Iterable[str]) -> bool:
    held = frozenset(roles)
    if TRUSTD in held:
        return path in _TRUSTD_MAY
    return not roles_for(path).isdisjoint(held)


def may_see(found: Definition, roles: Iterable[str]) -> bool:
    """Say whether resources of that type are shown; what is sensitive needs `os:admin`."""
    held = frozenset(roles)
    if TRUSTD in held:
        return found.type in _TRUSTD_SEES
    return not found.sensitive or ADMIN in held
