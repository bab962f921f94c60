"""Closed sets of words about the machine."""

from ichor.resources.fields import Word


class FIPSState(Word):
    DISABLED = "disabled", 0
    ENABLED = "enabled", 1
    STRICT = "enabled, strict", 2


class SELinuxState(Word):
    DISABLED = "disabled", 0
    PERMISSIVE = "enabled, permissive", 1
    ENFORCING = "enabled, enforcing", 2


class KernelModuleState(Word):
    LIVE = "live", 0
    LOADING = "loading", 1
    UNLOADING = "unloading", 2
    BUILT_IN = "built-in", 3


class KernelModuleType(Word):
    UNKNOWN = "unknown", 0
    BUILT_IN = "built-in", 1
    DYNAMIC = "dynamic", 2


class MachineStage(Word):
    UNKNOWN = "unknown", 0
    BOOTING = "booting", 1
    INSTALLING = "installing", 2
    MAINTENANCE = "maintenance", 3
    RUNNING = "running", 4
    REBOOTING = "rebooting", 5
    SHUTTING_DOWN = "shutting down", 6
    RESETTING = "resetting", 7
    UPGRADING = "upgrading", 8


class UnattendedInstallPhase(Word):
    PENDING = "pending", 0
    INSTALLING = "installing", 1
    INSTALLED = "installed", 2
    WAITING_FOR_REBOOT = "waiting-for-reboot", 3
    FAILED = "failed", 4
