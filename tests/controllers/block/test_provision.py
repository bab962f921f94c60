"""Volumes of a machine's disk: made once, where there is room, and gone on with after a cut."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.controllers.block.provision import Inputs, plan, report
from ichor.controllers.block.volume_config import TARGETS, volume
from ichor.cosi.controller import Yield
from ichor.cosi.resource import Spec
from ichor.errors import Conflict
from ichor.formats import gpt
from ichor.formats.gpt import LINUX_DATA, SECTOR, Partition, Table
from ichor.models import system_disk
from ichor.ports.system_disk import (
    Action,
    AddPartition,
    KeepSettings,
    MakeFileSystem,
    SystemDisk,
    TryKeys,
    VolumeSettings,
)
from ichor.resources.block.kinds import EncryptionKeyType, EncryptionProviderType, VolumePhase
from ichor.resources.block.partition import EPHEMERAL, META, MIB, STATE, STATE_SIZE
from ichor.resources.block.provision import ID, VolumeProvision, VolumeProvisionStatus
from ichor.resources.block.volume import VolumeStatus
from ichor.resources.block.volume_config import Encryption, EncryptionKey
from ichor.resources.block.volume_config import Partition as Size

GIB = 1 << 30
ENCRYPTION = "encryption: {provider: luks2, keys: [{slot: 4, static: {passphrase: word}}, %s]}"


def asked(*documents: str) -> Inputs:
    head = "apiVersion: v1alpha1\nkind: VolumeConfig\nname: "
    config = decode("\n---\n".join(head + text for text in documents)) if documents else Config()
    volumes = {label: volume(config, label) for label in TARGETS}
    return Inputs(asked={ID: VolumeProvision(labels=(STATE, EPHEMERAL))}, volumes=volumes)


ASKED = asked()
ANY = Size(min_size=2 * GIB, grow=True, label=EPHEMERAL, type_uuid=str(LINUX_DATA))
NODE = "{slot: 0, nodeID: {}, lockToState: true}"
ENCRYPTED = asked(
    f"STATE\n{ENCRYPTION % '{slot: 0, nodeID: {}}'}", f"EPHEMERAL\n{ENCRYPTION % NODE}"
)
BOTH = [pytest.param(ASKED, id="plain"), pytest.param(ENCRYPTED, id="encrypted")]


def disk(size: int = 8 * GIB) -> SystemDisk:
    """One with META from 1 MiB on, which is 1 MiB."""
    first = MIB // SECTOR
    meta = Partition(4, LINUX_DATA, UUID(int=4), first, 2 * first - 1, META)
    return SystemDisk(name="vda", table=Table(UUID(int=9), size // SECTOR, (meta,)))


def done(begin: SystemDisk, actions: Iterator[Action] | list[Action]) -> SystemDisk:
    found: SystemDisk | None = begin
    for action in actions:
        found = system_disk.model(found, action)
    assert found is not None
    return found


@pytest.mark.parametrize("inputs", BOTH)
def test_a_first_start_makes_both_and_a_second_none(inputs: Inputs) -> None:
    made = done(disk(), plan(inputs, disk()))
    assert [part.label for part in made.table.partitions] == [META, STATE, EPHEMERAL]
    state, ephemeral = made.table.partitions[1:]
    assert (state.number, state.sectors * SECTOR) == (5, STATE_SIZE)
    assert ephemeral.first == state.last + 1
    assert made.table.last_usable - ephemeral.last < MIB // SECTOR
    assert made.whole == {STATE, EPHEMERAL}
    assert made.device(EPHEMERAL) == "/dev/vda6"
    assert list(plan(inputs, made)) == []
    status, *_ = report(inputs, made)
    assert status == (ID, VolumeProvisionStatus(labels=(STATE, EPHEMERAL)))


@pytest.mark.parametrize("inputs", BOTH)
@given(st.integers(min_value=0, max_value=6))
def test_cut_off_anywhere_it_goes_on_and_ends_alike(inputs: Inputs, count: int) -> None:
    whole = done(disk(), plan(inputs, disk()))
    cut = done(disk(), list(plan(inputs, disk()))[:count])
    assert done(cut, plan(inputs, cut)) == whole


@given(st.integers(min_value=0, max_value=6))
def test_what_was_made_before_a_cut_is_kept_though_another_configuration_comes(count: int) -> None:
    cut = done(disk(), list(plan(ENCRYPTED, disk()))[:count])
    made = done(cut, plan(ASKED, cut))
    assert made.whole == made.kept.keys() == {STATE, EPHEMERAL}
    assert set(made.encrypted) == cut.whole


def test_how_a_volume_is_opened_is_kept_before_it_is_made_and_on_what_is_there() -> None:
    kinds = [(type(action), label_of(action)) for action in plan(ENCRYPTED, disk())]
    made = [AddPartition, KeepSettings, MakeFileSystem]
    assert kinds == [(kind, label) for label in (STATE, EPHEMERAL) for kind in made]


def label_of(action: Action) -> str:
    return action.partition.label if isinstance(action, AddPartition) else action.label


def test_keys_are_those_of_the_configuration_by_slot() -> None:
    encryption = Encryption(
        provider=EncryptionProviderType.LUKS2,
        keys=(
            EncryptionKey(slot=0, type=EncryptionKeyType.NODE_ID, lock_to_state=True),
            EncryptionKey(slot=4, type=EncryptionKeyType.STATIC, static_passphrase="word"),
        ),
    )
    actions = list(plan(ENCRYPTED, disk()))
    assert actions[-2:] == [
        KeepSettings(EPHEMERAL, VolumeSettings(encryption=encryption, size=ANY)),
        MakeFileSystem(EPHEMERAL, encryption),
    ]
    assert "word" not in repr(actions)


@pytest.mark.parametrize(("label", "is_locked"), [(STATE, False), (EPHEMERAL, True)])
def test_what_the_tpm_gives_opens_no_volume_without_the_state_it_was_made_with(
    label: str, is_locked: bool
) -> None:
    """Maintenance mode without STATE takes anybody's configuration, and the TPM gives it all."""
    said = "encryption: {provider: luks2, keys: [{slot: 0, tpm: {}}, {slot: 1, nodeID: {}}]}"
    encryption = asked(f"{label}\n{said}").volumes[label].encryption
    assert encryption is not None
    assert [key.lock_to_state for key in encryption.keys] == [is_locked, False]


def test_settings_that_went_with_state_are_kept_again() -> None:
    whole = done(disk(), plan(ENCRYPTED, disk()))
    parts = tuple(part for part in whole.table.partitions if part.label != STATE)
    left = SystemDisk(
        name="vda",
        table=whole.table._replace(partitions=parts),
        whole=frozenset({EPHEMERAL}),
        encrypted={EPHEMERAL: whole.encrypted[EPHEMERAL]},
    )
    # Its keys are tried first: with settings that do not open it, PID 1 would not come up.
    *_, tried, last = plan(ENCRYPTED, left)
    assert isinstance(last, KeepSettings)
    assert last.label == EPHEMERAL
    assert tried == TryKeys(EPHEMERAL, last.settings.encryption)
    assert done(left, [tried]) == left
    # The same where nothing of keys is said any more, which opens nothing.
    *_, tried, _ = plan(ASKED, left)
    assert tried == TryKeys(EPHEMERAL, None)
    assert done(left, plan(ENCRYPTED, left)).whole == {STATE, EPHEMERAL}


def test_what_is_whole_is_never_made_again() -> None:
    whole = done(disk(), plan(ASKED, disk()))
    lacking = SystemDisk(
        name="vda", table=whole.table, whole=frozenset({STATE}), kept={STATE: VolumeSettings()}
    )
    kinds = [(type(action), label_of(action)) for action in plan(ASKED, lacking)]
    assert kinds == [(KeepSettings, EPHEMERAL), (MakeFileSystem, EPHEMERAL)]


def test_what_is_something_else_is_left_as_it_is() -> None:
    whole = done(disk(), plan(ASKED, disk()))
    damaged = SystemDisk(
        name="vda", table=whole.table, whole=frozenset({STATE}), foreign=frozenset({EPHEMERAL})
    )
    with pytest.raises(Conflict, match="EPHEMERAL of vda holds what is no whole XFS"):
        list(plan(ASKED, damaged))


def test_a_disk_too_small_is_left_as_it_is() -> None:
    with pytest.raises(Conflict, match=r"EPHEMERAL needs 2\.1 GB, and the disk has 9\d\d MB free"):
        list(plan(ASKED, disk(GIB)))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("maxSize: 3GiB", 3 * GIB),
        ("maxSize: 100GiB", 8 * GIB - 102 * MIB),
        ("maxSize: 50%", (4 * GIB - 51 * MIB)),
        ("maxSize: -1GiB", 7 * GIB - 102 * MIB),
        ("minSize: 7GiB", 8 * GIB - 102 * MIB),
    ],
)
def test_a_size_is_as_the_configuration_says(said: str, expected: int) -> None:
    made = done(disk(), plan(asked(f"EPHEMERAL\nprovisioning: {{{said}}}"), disk()))
    size = made.part(EPHEMERAL).sectors * SECTOR
    assert expected - 2 * MIB < size <= expected


@pytest.mark.parametrize("said", ["minSize: 9GiB", 'maxSize: "-7GiB"', "maxSize: 10%"])
def test_less_than_is_wanted_is_not_made(said: str) -> None:
    with pytest.raises(Conflict, match="EPHEMERAL needs"):
        list(plan(asked(f"EPHEMERAL\nprovisioning: {{{said}}}"), disk()))


def test_tables_that_are_made_can_be_written() -> None:
    made = done(disk(), plan(ASKED, disk()))
    assert gpt.parse(gpt.build(made.table).head) == made.table


def test_nothing_is_asked_of_a_machine_without_a_disk() -> None:
    assert list(plan(ASKED, None)) == []
    assert list(plan(Inputs(), disk())) == []
    assert list(plan(Inputs(asked=ASKED.asked), disk())) == []  # not yet known what is wanted
    assert [id for id, _ in pairs(report(ASKED, None))] == [ID]


def pairs(yielded: Iterator[Yield]) -> list[tuple[str, Spec]]:
    return [one for one in yielded if isinstance(one, tuple)]


def test_devices_whose_names_end_in_a_digit_have_a_letter_before_the_partition() -> None:
    found = done(disk(), plan(ASKED, disk()))
    nvme = SystemDisk(name="nvme0n1", table=found.table)
    assert nvme.device(STATE) == "/dev/nvme0n1p5"


def test_a_volume_is_told_with_what_it_is_and_how_it_is_encrypted() -> None:
    made = done(disk(), plan(ENCRYPTED, disk()))
    told = dict(pairs(report(ENCRYPTED, made)))
    found = told[EPHEMERAL]
    assert isinstance(found, VolumeStatus)
    assert (found.location, found.mount_location) == ("/dev/vda6", "/dev/mapper/luks2-EPHEMERAL")
    assert (found.phase, found.parent_location) == (VolumePhase.READY, "/dev/vda")
    assert found.encryption_provider is EncryptionProviderType.LUKS2
    assert found.configured_encryption_keys == ("nodeID", "static")
    assert found.encryption_locked_to_state
    plain = dict(pairs(report(ASKED, done(disk(), plan(ASKED, disk())))))[STATE]
    assert isinstance(plain, VolumeStatus)
    assert plain.mount_location == plain.location == "/dev/vda5"
    assert plain.encryption_provider is EncryptionProviderType.NONE
    before = dict(pairs(report(ASKED, disk())))[STATE]
    assert isinstance(before, VolumeStatus)
    assert before.phase is VolumePhase.WAITING


def test_what_is_said_later_is_kept_for_the_next_start_but_not_other_keys() -> None:
    made = done(disk(), plan(ENCRYPTED, disk()))
    other = asked("EPHEMERAL\nmount: {secure: false}\nprovisioning: {maxSize: 4GiB}")
    later = Inputs(volumes=other.volumes)
    (action,) = plan(later, made)
    assert isinstance(action, KeepSettings)
    assert (action.label, action.settings.secure) == (EPHEMERAL, False)
    assert action.settings.size.max_size == 4 * GIB
    assert action.settings.encryption == made.kept[EPHEMERAL].encryption is not None
    assert list(plan(later, done(made, [action]))) == []


def test_a_volume_from_before_there_were_settings_is_given_some() -> None:
    whole = done(disk(), plan(ASKED, disk()))
    old = SystemDisk(name="vda", table=whole.table, whole=whole.whole, kept={})
    assert list(plan(Inputs(volumes=ENCRYPTED.volumes), old)) == [
        KeepSettings(EPHEMERAL, VolumeSettings(size=ANY))
    ]


def test_keys_that_were_not_made_are_told_of() -> None:
    made = done(disk(), plan(ENCRYPTED, disk()))
    found = dict(pairs(report(ASKED, made)))[EPHEMERAL]
    assert isinstance(found, VolumeStatus)
    assert found.encryption_failed_syncs == (
        "slot 0 is nodeID, empty is wanted: when the volume is made anew",
        "slot 4 is static, empty is wanted: when the volume is made anew",
    )
    plain = done(disk(), plan(ASKED, disk()))
    found = dict(pairs(report(ENCRYPTED, plain)))[STATE]
    assert isinstance(found, VolumeStatus)
    assert len(found.encryption_failed_syncs) == 2
    found = dict(pairs(report(ENCRYPTED, made)))[STATE]
    assert isinstance(found, VolumeStatus)
    assert found.encryption_failed_syncs == ()
