"""Closed sets of words about volumes."""

from ichor.resources.fields import Word


class EncryptionKeyType(Word):
    STATIC = "static", 0
    NODE_ID = "nodeID", 1
    KMS = "kms", 2
    TPM = "tpm", 3


class EncryptionProviderType(Word):
    NONE = "none", 0
    LUKS2 = "luks2", 1


class FSParameterType(Word):
    STRING = "string", 0
    BOOLEAN = "boolean", 1
    BINARY = "binary", 2


class FilesystemType(Word):
    NONE = "none", 0
    XFS = "xfs", 1
    VFAT = "vfat", 2
    EXT4 = "ext4", 3
    ISO9660 = "iso9660", 4
    SWAPI = "swapi", 5
    VIRTIOFS = "virtiofs", 6
    BTRFS = "btrfs", 7


class VolumePhase(Word):
    WAITING = "waiting", 0
    FAILED = "failed", 1
    MISSING = "missing", 2
    LOCATED = "located", 3
    PROVISIONED = "provisioned", 4
    PREPARED = "prepared", 5
    READY = "ready", 6
    CLOSED = "closed", 7


class VolumeType(Word):
    PARTITION = "partition", 0
    DISK = "disk", 1
    TMPFS = "tmpfs", 2
    DIRECTORY = "directory", 3
    SYMLINK = "symlink", 4
    OVERLAY = "overlay", 5
    EXTERNAL = "external", 6
