"""A release of what was built: the same again, whole, and as its budget says."""

from pathlib import Path

import pytest
from tests.vm.press import new_signer

from ichor.image import release, uki
from ichor.image.cache import Cache, default_root
from ichor.image.origins import sha256
from ichor.image.progress import Lines

pytestmark = pytest.mark.vm


def test_a_release_is_the_same_again_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, signer = Cache(default_root()), new_signer("ours")
    (tmp_path / uki.CERTIFICATE).write_text(signer.certificate)
    (tmp_path / uki.SIGNING_KEY).write_text(signer.key)
    monkeypatch.setenv(uki.KEYS, str(tmp_path))
    cache.make([*release.steps(cache, 3).values()], Lines())
    first, second = tmp_path / "first", tmp_path / "second"
    manifest = release.make(cache, first, signer, 3)
    release.make(cache, second, signer, 3)
    told = [{path.name: sha256(path) for path in each.iterdir()} for each in (first, second)]
    assert told[0] == told[1]
    assert len(told[0]) == len(manifest.artefacts) + 3
    assert release.verify(second, signer.certificate) == manifest
