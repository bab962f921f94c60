"""VolumeConfig: the two volumes that a machine makes, as its configuration wants them.

    config/ActiveConfig ─► runtime/VolumeConfig "STATE", "EPHEMERAL"

A share of the disk (80%) and what is to be left free (-10GiB) are kept as they were said: how much
there is, is known where the partition is made.
"""

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Struct
from msgspec.structs import replace

from ichor.config.container import Config
from ichor.config.documents.volume import SYSTEM_DISK, Provisioning
from ichor.config.documents.volume import VolumeConfig as Document
from ichor.config.documents.volume_encryption import (
    PCRS,
    SIGNED_PCR,
    TPMKey,
    VolumeEncryption,
    VolumeKey,
)
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.formats.gpt import LINUX_DATA
from ichor.resources.block.ids import NAMESPACE_NAME, SYSTEM_VOLUME_LABEL, WAVE_SYSTEM_DISK
from ichor.resources.block.kinds import EncryptionKeyType, EncryptionProviderType, FilesystemType
from ichor.resources.block.partition import EPHEMERAL, EPHEMERAL_MINIMUM, STATE, STATE_SIZE
from ichor.resources.block.volume_config import (
    DiskSelector,
    Encryption,
    EncryptionKey,
    Filesystem,
    Mount,
    Partition,
    VolumeConfig,
)
from ichor.resources.block.volume_config import Provisioning as Provision
from ichor.resources.config.active import ID, ActiveConfig
from ichor.units import parse_size

TARGETS: Final = {STATE: "/system/state", EPHEMERAL: "/var"}


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[Output]:
    for label in TARGETS:
        spec = volume(inputs.config.value, label)
        yield Output(id=label, spec=spec, labels={SYSTEM_VOLUME_LABEL: ""})


def volume(config: Config, label: str) -> VolumeConfig:
    said = config.named(Document).get(label, Document(name=label))
    partition = Partition(min_size=STATE_SIZE, max_size=STATE_SIZE)
    if label == EPHEMERAL:
        partition = sized(said.provisioning or Provisioning())
    return VolumeConfig(
        provisioning=Provision(
            wave=WAVE_SYSTEM_DISK,
            disk_selector=DiskSelector(match=SYSTEM_DISK),
            partition_spec=_named(partition, label),
            filesystem_spec=Filesystem(type=FilesystemType.XFS, label=label),
        ),
        encryption=encrypted(said.encryption, label) if said.encryption is not None else None,
        mount=Mount(target_path=TARGETS[label], secure=said.mount.secure),
    )


def sized(said: Provisioning) -> Partition:
    least = parse_size(said.min_size) if said.min_size is not None else EPHEMERAL_MINIMUM
    grows = said.grow is not False
    most = said.max_size or ""
    if most.endswith("%"):
        return Partition(min_size=least, relative_max_size=int(most[:-1]), grow=grows)
    if not most:
        return Partition(min_size=least, grow=grows)
    size, is_left = parse_size(most.removeprefix("-")), most.startswith("-")
    return Partition(min_size=least, max_size=size, negative_max_size=is_left, grow=grows)


def _named(partition: Partition, label: str) -> Partition:
    return replace(partition, label=label, type_uuid=str(LINUX_DATA))


def encrypted(said: VolumeEncryption, label: str) -> Encryption:
    """Give zeros where nothing is said: what then is chosen, is chosen where it is made."""
    return Encryption(
        provider=EncryptionProviderType.LUKS2,
        keys=tuple(sorted((key(one, label) for one in said.keys), key=lambda one: one.slot)),
        cipher=said.cipher or "",
        key_size=said.key_size or 0,
        block_size=said.block_size or 0,
        perf_options=said.options,
        allow_discards=said.allow_discards,
    )


def key(said: VolumeKey, label: str) -> EncryptionKey:
    """Lock what the TPM gives to STATE, but for STATE: else it would, to whoever removed that."""
    locked = said.lock_to_state or (said.tpm is not None and label != STATE)
    common = EncryptionKey(slot=said.slot, type=EncryptionKeyType.NODE_ID, lock_to_state=locked)
    if said.static is not None:
        word = said.static.passphrase.reveal()
        return replace(common, type=EncryptionKeyType.STATIC, static_passphrase=word)
    return common if said.tpm is None else sealed(common, said.tpm)


def sealed(common: EncryptionKey, said: TPMKey) -> EncryptionKey:
    pcrs = said.options.pcrs if said.options is not None else None
    return replace(
        common,
        type=EncryptionKeyType.TPM,
        pcrs=PCRS if pcrs is None else pcrs,
        pub_key_pcrs=(SIGNED_PCR,),
        tpm_check_secureboot_status_on_enroll=said.check_secureboot_status_on_enroll,
    )


volume_config = Transform(
    name="block.VolumeConfig",
    inputs=Inputs,
    outputs=[Out(VolumeConfig, NAMESPACE_NAME)],
    reconcile=reconcile,
)
