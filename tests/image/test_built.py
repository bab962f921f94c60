"""The artefacts: what the root holds, that it runs, that a cloned store serves containers."""

import hashlib
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ichor.image import budget, go, native, origins, root, tools
from ichor.image.build import Artifacts, artifacts
from ichor.image.cache import Cache, default_root
from ichor.image.inspect import inspect
from ichor.image.layout import images
from ichor.image.progress import Silent
from ichor.image.store import clone_store

pytestmark = [pytest.mark.root, pytest.mark.cluster]

# Runs as PID 1 of namespaces of its own: whatever happens, its processes and mounts end with it.
SCRIPT = """\
set -eu
mount -t proc proc /proc
containerd -c {work}/config.toml >{work}/log 2>&1 &
until [ -S {work}/s ]; do kill -0 $!; sleep 0.1; done
run() {{ ctr -a {work}/s -n $1 run --rm --cgroup /{cgroup} $2 t$$ $3 $4; }}
run k8s.io {coredns} /coredns -version
run system {kubelet} /usr/local/bin/kubelet --version
run system {kubelet} /usr/bin/mount --version
run k8s.io {proxy} /usr/sbin/nft --version
kill -TERM $!
wait
"""
CONFIG = """\
version = 3
root = "{work}/root"
state = "{work}/state"
oom_score = 0
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri"]
[grpc]
address = "{work}/s"
"""


@pytest.fixture(scope="module")
def made() -> Artifacts:
    return artifacts(watcher=Silent())


def test_the_root_packs_to_the_same_bytes_again(made: Artifacts, tmp_path: Path) -> None:
    root.pack(made.root_tree, tmp_path / "again", 3, tools.mksquashfs(Cache(default_root())))
    first, second = (_sha256(path) for path in (made.root_squashfs, tmp_path / "again"))
    assert first == second


def test_the_root_is_within_its_budget_and_each_file_has_an_origin(made: Artifacts) -> None:
    cache = Cache(default_root())
    assert list(budget.excesses(inspect(made, tools.unsquashfs(cache)), budget.read())) == []
    assert origins.files(cache)


def test_each_blob_of_the_images_is_what_its_name_says(made: Artifacts) -> None:
    found = images(made.layout)
    assert set(found) == set(made.images.values())
    for blob in {blob for each in found.values() for blob in each.blobs}:
        path = made.layout / "blobs" / blob.replace(":", "/")
        assert f"sha256:{_sha256(path)}" == blob


def test_kube_images_share_their_lowest_layer(made: Artifacts) -> None:
    found = images(made.layout)
    lowest = {
        json.loads((made.layout / "blobs" / f.digest.replace(":", "/")).read_bytes())["layers"][0][
            "digest"
        ]
        for name, f in found.items()
        if "/kube" in name
    }
    assert len(lowest) == 1


def test_pause_ends_on_sigterm(made: Artifacts) -> None:
    cache = Cache(default_root())
    # Blocked here and inherited, so that the signal cannot come before pause has blocked it itself.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        process = subprocess.Popen([cache.path(native.pause_step(cache)) / "pause"])
        process.terminate()
        assert process.wait(10) == 0
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


@pytest.fixture
def cgroup(tmp_path: Path) -> Iterator[str]:
    """Give a name for a cgroup; runc removes it, a killed test would leave it."""
    name = f"ichor-test-{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]}"
    yield name
    for path in [*Path("/sys/fs/cgroup").glob(f"*/{name}"), Path("/sys/fs/cgroup") / name]:
        if path.is_dir():
            path.rmdir()


def test_containers_run_from_a_cloned_store_and_the_store_stays_as_it_was(
    made: Artifacts, tmp_path: Path, cgroup: str
) -> None:
    before = _told(made.content_store)
    clone_store(made.content_store, tmp_path / "root")
    names = {n: made.images[n] for n in ("coredns", "kubelet")} | {
        "proxy": made.images["kube-proxy"]
    }
    (tmp_path / "config.toml").write_text(CONFIG.format(work=tmp_path))
    script = SCRIPT.format(work=tmp_path, cgroup=cgroup, **names)
    cache = Cache(default_root())
    wanted = ("containerd", "containerd-shim-runc-v2", "ctr", "runc")
    programs = [str(cache.path(go.program_step(cache, go.programs()[name]))) for name in wanted]
    unshare = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"]
    done = subprocess.run(
        [*unshare, "--propagation", "private", "sh", "-c", script],
        env={"PATH": ":".join([*programs, "/usr/sbin:/usr/bin:/sbin:/bin"])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    log = (tmp_path / "log").read_text()[-2000:] if (tmp_path / "log").exists() else ""
    assert done.returncode == 0, done.stderr + log
    for word in ("CoreDNS-1.", "Kubernetes v1.", "util-linux", "nftables v1."):
        assert word in done.stdout
    assert _told(made.content_store) == before


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(store: Path) -> list[tuple[str, int, int, int]]:
    """Give what would differ if somebody wrote through a hard link (not the count of links)."""
    rows = ((str(each), each.lstat()) for each in sorted(store.rglob("*")))
    return [(name, s.st_mode, s.st_size, s.st_mtime_ns) for name, s in rows]
