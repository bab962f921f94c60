"""Whose keys sign the image is said by one directory; wrong ones are refused before a build."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ichor.errors import InputError
from ichor.image import uki
from ichor.image.cache import Cache
from ichor.pki import issue
from ichor.pki.issue import Pair

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE, OTHER = (issue.make_signer(name, now=NOW, entropy=os.urandom) for name in ("a", "b"))


def keep(directory: Path, certificate: str, key: str) -> None:
    (directory / uki.CERTIFICATE).write_text(certificate)
    (directory / uki.SIGNING_KEY).write_text(key)


def use(directory: Path, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(directory, pair.certificate, pair.key)
    monkeypatch.setenv(uki.KEYS, str(directory))


def test_without_keys_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(uki.KEYS, raising=False)
    assert uki.signing() is None


def test_who_signs_makes_another_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(uki.KERNEL, __file__)  # any file will do where nothing is built
    steps = []
    for pair in (ONE, OTHER):
        use(tmp_path, pair, monkeypatch)
        steps.append(uki.uki_step(Cache(tmp_path)))
    assert steps[0].inputs["signer"] == ONE.certificate
    assert steps[0].inputs != steps[1].inputs
    assert ONE.key not in str(steps[0].inputs)


def test_keys_that_are_not_there_are_refused_with_the_way_to_make_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(uki.KEYS, str(tmp_path))
    with pytest.raises(InputError, match="gen secureboot uki"):
        uki.signing()


def test_a_key_of_another_certificate_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path, ONE.certificate, OTHER.key)
    monkeypatch.setenv(uki.KEYS, str(tmp_path))
    with pytest.raises(InputError, match="not that of the certificate"):
        uki.signing()
