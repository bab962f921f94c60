"""What is kept of a volume where it can be read before the volume is."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from ichor.errors import FormatError
from ichor.formats import meta
from ichor.linux import volume_settings
from ichor.linux.volume_settings import Kept, decode, read, salt, with_state, without_words
from ichor.pki.volume_key import SALT
from ichor.ports.system_disk import VolumeSettings
from ichor.resources.block.kinds import EncryptionKeyType, EncryptionProviderType
from ichor.resources.block.volume_config import Encryption, EncryptionKey

STATIC = EncryptionKey(slot=1, type=EncryptionKeyType.STATIC, static_passphrase="word")
NODE_ID = EncryptionKey(slot=0, type=EncryptionKeyType.NODE_ID)
LOCKED = replace(NODE_ID, lock_to_state=True)


def encryption(*keys: EncryptionKey) -> Encryption:
    return Encryption(provider=EncryptionProviderType.LUKS2, keys=keys)


def write(folder: Path, settings: VolumeSettings) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volume_settings, "opened_state", lambda disk: Opened(folder))
        volume_settings.keep(None, "EPHEMERAL", settings, None)  # type: ignore[arg-type]


class Opened:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Path:
        return self._folder

    def __exit__(self, *_: object) -> None:
        return


def test_a_word_lies_in_meta_only_where_there_is_no_other_key() -> None:
    held = with_state({10: b"network"}, encryption(NODE_ID, STATIC))
    assert held[10] == b"network"
    assert b"word" not in held[meta.STATE_ENCRYPTION]
    found = decode(held[meta.STATE_ENCRYPTION], Encryption)
    assert found == without_words(encryption(NODE_ID, STATIC))
    assert [key.slot for key in found.keys] == [0, 1]
    alone = with_state({}, encryption(STATIC))[meta.STATE_ENCRYPTION]
    assert decode(alone, Encryption).keys == (STATIC,)


def test_a_state_that_is_not_encrypted_leaves_nothing_there() -> None:
    assert with_state({9: b"old", 10: b"network"}, None) == {10: b"network"}


def test_settings_are_read_as_they_were_kept(tmp_path: Path) -> None:
    assert read(tmp_path, "EPHEMERAL") is None
    for settings in (
        VolumeSettings(secure=False),
        VolumeSettings(encryption=encryption(NODE_ID, STATIC)),
    ):
        write(tmp_path, settings)
        assert read(tmp_path, "EPHEMERAL") == Kept(settings=settings)
    assert {path.name for path in tmp_path.iterdir()} == {"ephemeral.json"}
    assert (tmp_path / "ephemeral.json").stat().st_mode & 0o777 == 0o600


def test_the_salt_is_drawn_once(tmp_path: Path) -> None:
    write(tmp_path, VolumeSettings(encryption=encryption(LOCKED)))
    found = read(tmp_path, "EPHEMERAL")
    assert found is not None
    assert len(found.salt) == SALT
    write(tmp_path, VolumeSettings(encryption=encryption(LOCKED, STATIC)))
    again = read(tmp_path, "EPHEMERAL")
    assert again is not None
    assert again.salt == found.salt
    assert (tmp_path / "encryption-salt.yaml").read_text().startswith("diskSalt: ")


@pytest.mark.parametrize(
    "text", ["", "diskSalt: \n", "diskSalt: AAAA\n", "salt: x\n", "diskSalt: ?\n"]
)
def test_a_salt_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "encryption-salt.yaml").write_text(text)
    with pytest.raises(FormatError, match="a salt of 32 bytes"):
        salt(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"keys": 1}', b"\xff", b'{"keys": [{}, 1]}'])
def test_what_is_no_settings_is_refused_without_being_shown(data: bytes) -> None:
    with pytest.raises(FormatError, match="JSON of Encryption"):
        decode(data, Encryption)
