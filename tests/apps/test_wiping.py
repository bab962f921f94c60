"""What a reset leaves of a volume: nothing, and nothing of others either."""

import tempfile
from pathlib import Path

import pytest
from tests.fresh import fresh

from ichor.apps.machined.wiping import empty
from ichor.linux.mount import KernelMounts
from ichor.ports.mount import Attach, Bind, Detach


def test_files_links_and_directories_go(tmp_path: Path) -> None:
    volume, other = tmp_path / "var", tmp_path / "elsewhere"
    (volume / "lib/deep").mkdir(parents=True)
    (volume / "lib/deep/file").touch()
    other.mkdir()
    (other / "kept").touch()
    (volume / "link").symlink_to(other)
    empty(volume)
    assert list(volume.iterdir()) == []
    assert (other / "kept").exists()


def a_volume_with_mounts() -> None:
    with tempfile.TemporaryDirectory() as top:
        volume, other = Path(top) / "var", Path(top) / "elsewhere"
        pod = volume / "lib/kubelet/pods/1/volumes"
        for path in (other, pod / "token", pod / "host"):
            path.mkdir(parents=True)
        (other / "kept").touch()
        mounts = KernelMounts()
        mounts.apply(Bind(target=str(volume), source=str(volume)))
        mounts.apply(Attach(target=str(pod / "token"), fstype="tmpfs", source="tmpfs"))
        (pod / "token/inner").mkdir()
        mounts.apply(Attach(target=str(pod / "token/inner"), fstype="tmpfs", source="tmpfs"))
        mounts.apply(Bind(target=str(pod / "host"), source=str(other)))
        with (pod / "token/inner/busy").open("w"):
            empty(volume)
        assert list(volume.iterdir()) == []
        targets = [each.target for each in mounts.observe() if each.target.startswith(top)]
        assert targets == [str(volume)]
        assert (other / "kept").exists()
        mounts.apply(Detach(target=str(volume)))


@pytest.mark.root
def test_what_pods_had_mounted_goes_and_what_was_shown_from_elsewhere_stays() -> None:
    fresh(a_volume_with_mounts, "unshare", "--mount", "--propagation", "private")
