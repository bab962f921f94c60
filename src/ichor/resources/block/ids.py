"""Well-known namespaces, ids and labels."""

DEVICE_TYPE_DISK = "disk"
DEVICE_TYPE_PARTITION = "partition"
DISCOVERED_VOLUMES_STATUS_ID = "discovered-volumes-status"
EXISTING_VOLUME_LABEL = "talos.dev/existing-volume"
EXTERNAL_VOLUME_LABEL = "talos.dev/external-volume"
NAMESPACE_NAME = "runtime"
PLATFORM_LABEL = "talos.dev/platform"
RAW_VOLUME_LABEL = "talos.dev/raw-volume"
REFRESH_ID = "refresh"
SWAP_VOLUME_LABEL = "talos.dev/swap-volume"
SYMLINK_ID = "system-disk"
SYSTEM_DISK_ID = "system-disk"
SYSTEM_VOLUME_LABEL = "talos.dev/system-volume"
USER_DISK_CONFIG_STATUS_ID = "user-disks"
USER_DISK_LABEL = "talos.dev/user-disk"
USER_VOLUME_LABEL = "talos.dev/user-volume"
VOLUME_LIFECYCLE_ID = "volumes"
WAVE_LEGACY_USER_DISKS = 1000000
WAVE_SYSTEM_DISK = -1
WAVE_USER_VOLUMES = 0
ZSWAP_STATUS_ID = "zswap"
