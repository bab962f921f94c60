"""The system volumes of a machine's disk: what may be said of them, and the old form."""

import pytest
from tests.config import samples
from tests.config.test_lower import lowered, old

from ichor.config.decode import decode
from ichor.config.documents.volume import VolumeConfig
from ichor.config.secret import Secret
from ichor.formats.yaml.problem import Problems
from ichor.formats.yaml.values import Value

HEAD = "apiVersion: v1alpha1\nkind: VolumeConfig\nname: "
NODE_ID = "encryption: {provider: luks2, keys: [{slot: 0, nodeID: {}}]}"


def said(name: str, *rest: str) -> VolumeConfig:
    (document,) = decode("\n".join((HEAD + name, *rest))).documents
    assert isinstance(document, VolumeConfig)
    return document


def test_keys_are_read_with_their_slots() -> None:
    keys = "[{slot: 0, nodeID: {}}, {slot: 7, static: {passphrase: word}, lockToState: true}]"
    found = said("EPHEMERAL", f"encryption: {{provider: luks2, keys: {keys}, keySize: 256}}")
    assert found.encryption is not None
    node, static = found.encryption.keys
    assert (node.slot, node.node_id is not None, node.static) == (0, True, None)
    assert static.static is not None
    assert (static.slot, static.static.passphrase, static.lock_to_state) == (
        7,
        Secret("word"),
        True,
    )
    assert "word" not in repr(found)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("STATE", "provisioning: {maxSize: 5GiB}", "STATE has one size"),
        ("STATE", "mount: {secure: false}", "nothing is ever run from STATE"),
        ("STATE", NODE_ID.replace("{}}", "{}, lockToState: true}"), "locked to itself"),
        ("IMAGECACHE", "", "known, not supported yet"),
        ("DATA", "", "expected STATE or EPHEMERAL"),
        ("EPHEMERAL", "provisioning: {minSize: 1GiB}", "expected at least 2GiB"),
        ("EPHEMERAL", "provisioning: {minSize: many}", "expected a size"),
        ("EPHEMERAL", "provisioning: {maxSize: 120%}", "expected a size such as"),
        ("EPHEMERAL", "provisioning: {minSize: 8GiB, maxSize: 4GiB}", "no less than minSize"),
        ("EPHEMERAL", "provisioning: {maxSize: 1GiB}", "no less than minSize (2GiB)"),
        (
            "EPHEMERAL",
            'provisioning: {diskSelector: {match: "disk.size > 1u"}}',
            "write system_disk",
        ),
        ("EPHEMERAL", "filesystem: {}", "known, not supported yet"),
        ("EPHEMERAL", NODE_ID.replace("luks2", "none"), "expected one of luks2"),
        ("EPHEMERAL", "encryption: {provider: luks2, keys: []}", "at least one key"),
        (
            "EPHEMERAL",
            NODE_ID.replace("nodeID: {}", "lockToState: true"),
            "one of static, nodeID and tpm",
        ),
        ("EPHEMERAL", NODE_ID.replace("slot: 0", "slot: 32"), "an integer from 0 to 31"),
        ("EPHEMERAL", NODE_ID.replace("nodeID: {}", "tpm: {options: {pcrs: [24]}}"), "0 to 23"),
        ("EPHEMERAL", NODE_ID.replace("nodeID: {}", "tpm: {options: {pcrs: [11]}}"), "than 11"),
        ("EPHEMERAL", NODE_ID.replace("nodeID", "kms"), "known, not supported yet"),
        ("EPHEMERAL", NODE_ID.replace("nodeID: {}", "static: {passphrase: ''}"), "not empty"),
        ("EPHEMERAL", NODE_ID[:-2] + ", {slot: 0, nodeID: {}}]}", "a slot of its own"),
        ("EPHEMERAL", NODE_ID[:-1] + ", keySize: 300}", "expected one of 256, 512"),
        ("EPHEMERAL", NODE_ID[:-1] + ", blockSize: 1000}", "expected one of 512, 1024"),
        ("EPHEMERAL", NODE_ID[:-1] + ", cipher: aes-cbc-plain}", "expected aes-xts-plain64"),
        (
            "EPHEMERAL",
            NODE_ID[:-1] + ', cipher: "xchacha12,aes-adiantum-plain64"}',
            "known, not supported yet",
        ),
        ("EPHEMERAL", NODE_ID[:-1] + ", options: [fast]}", "expected one of no_read_workqueue"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected(
    name: str, text: str, expected: str
) -> None:
    with pytest.raises(Problems) as caught:
        said(name, text)
    assert expected in str(caught.value)


@pytest.mark.parametrize("most", ["80%", "-2GiB", "6GiB"])
def test_a_limit_is_a_size_a_share_or_what_is_left(most: str) -> None:
    found = said("EPHEMERAL", f'provisioning: {{maxSize: "{most}", diskSelector: {{}}}}')
    assert found.provisioning is not None
    assert found.provisioning.max_size == most


def test_the_old_form_says_the_same() -> None:
    keys: list[Value] = [
        {"slot": 0, "nodeID": {}},
        {"slot": 1, "static": {"passphrase": "word"}},
    ]
    state: Value = {"provider": "luks2", "keys": keys, "options": ["same_cpu_crypt"]}
    config = lowered(old("worker", machine__systemDiskEncryption={"state": state}))
    found = config.named(VolumeConfig)["STATE"]
    assert found.encryption is not None
    assert [key.slot for key in found.encryption.keys] == [0, 1]
    assert found.encryption.options == ("same_cpu_crypt",)
    note = "machine.systemDiskEncryption: the old form of VolumeConfig"
    assert note in config.notes


def test_both_forms_of_it_are_one_too_many() -> None:
    state: Value = {"provider": "luks2", "keys": [{"slot": 0, "nodeID": {}}]}
    document = old("worker", machine__systemDiskEncryption={"state": state})
    with pytest.raises(Problems, match="in the old form"):
        lowered(document, f"{HEAD}STATE\n{NODE_ID}\n")


def test_a_generated_configuration_has_its_volume_as_it_had() -> None:
    assert samples.control_plane().named(VolumeConfig)["EPHEMERAL"].mount.secure
