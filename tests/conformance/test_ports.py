"""Models and the kernel agree: after each action both observe the same, or refuse with one errno.

Runs in mount, UTS and network namespaces of its own; the host sees nothing.
"""

import errno
import os
import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest
from tests.fresh import fresh

from ichor.apps.machined import init_group
from ichor.linux import cgroup as kernel_cgroup
from ichor.linux.etc import KernelEtc
from ichor.linux.file import KernelFiles
from ichor.linux.mount import KernelMounts
from ichor.linux.sysctl import KernelParameters
from ichor.linux.uts import KernelUts
from ichor.models import cgroup, etc, file, mount, sysctl, uts
from ichor.ports.cgroup import Action as CgroupAction
from ichor.ports.cgroup import Group, Kill, Make, Place
from ichor.ports.cgroup import Remove as RemoveGroup
from ichor.ports.etc import RemoveEtc, WriteEtc
from ichor.ports.file import Action as FileAction
from ichor.ports.file import Directory, File, MakeDirectory, Remove, Write
from ichor.ports.mount import Action as MountAction
from ichor.ports.mount import (
    Attach,
    Bind,
    Detach,
    Mount,
    Overlay,
    Propagate,
    Propagation,
    Remount,
)
from ichor.ports.sysctl import SetParameter
from ichor.ports.uts import Names
from ichor.resources.runtime.service_spec import Resources

pytestmark = pytest.mark.root

O = TypeVar("O")  # noqa: E741
A = TypeVar("A")
ALONE = ("unshare", "--mount", "--uts", "--net", "--ipc", "--propagation", "private")


def _outcome(step: Callable[[], O]) -> O | int | None:
    try:
        return step()
    except OSError as error:
        return error.errno


def agree(
    observe: Callable[[], O],
    apply: Callable[[A], None],
    model: Callable[[O, A], O],
    actions: Iterable[A],
) -> None:
    for action in actions:
        before = observe()

        def act(action: A = action) -> O:
            apply(action)
            return observe()

        def say(action: A = action, before: O = before) -> O:
            return model(before, action)

        expected, actual = _outcome(say), _outcome(act)
        assert actual == expected, f"{action}\n kernel {actual}\n model  {expected}"


def uts_scenario() -> None:
    port = KernelUts()
    actions = [Names(host="one", domain="two.example"), Names(host="x" * 63), Names(host="y" * 65)]
    agree(port.observe, port.apply, uts.model, actions)


def test_uts() -> None:
    before = os.uname().nodename
    fresh(uts_scenario, *ALONE)
    assert os.uname().nodename == before


class Ours:
    """The mount table as far as it lies under /srv, with device names that do not vary."""

    def __init__(self) -> None:
        self._kernel = KernelMounts()
        self.apply = self._kernel.apply

    def observe(self) -> tuple[Mount, ...]:
        return tuple(each for each in self._kernel.observe() if each.target.startswith("/srv"))


def mount_scenario() -> None:
    port = Ours()
    port.apply(Attach(target="/srv", fstype="tmpfs", source="tmpfs", data="mode=755"))
    for name in ("a", "b", "low", "up", "work", "over", "a b"):
        Path("/srv", name).mkdir()
    Path("/srv/file").write_text("x")
    Path("/srv/target").write_text("y")
    actions: list[MountAction] = [
        Attach(target="/srv/a", fstype="tmpfs", source="tmpfs", options=("nosuid", "nodev")),
        Attach(target="/srv/a b", fstype="tmpfs", source="one", data="size=1m"),
        Bind(target="/srv/target", source="/srv/file", options=("ro", "nosuid")),
        Bind(target="/srv/b", source="/srv/a"),
        Remount(target="/srv/b", options=("ro", "nosuid", "nodev")),
        Bind(target="/srv/b", source="/srv/a", options=("noexec",)),
        Overlay(target="/srv/over", lower=("/srv/low",), upper="/srv/up", work="/srv/work"),
        Propagate(target="/srv/a", propagation=Propagation.SHARED),
        Propagate(target="/srv", propagation=Propagation.SHARED, recursive=True),
        Detach(target="/srv/b"),
        Detach(target="/srv/b"),
        Detach(target="/srv/b"),
        Detach(target="/srv/over"),
        Detach(target="/srv"),
        Propagate(target="/srv", propagation=Propagation.PRIVATE, recursive=True),
        Detach(target="/srv", lazy=True),
    ]
    agree(port.observe, port.apply, mount.model, actions)
    assert port.observe() == ()


def test_mounts() -> None:
    fresh(mount_scenario, *ALONE)


def file_scenario() -> None:
    KernelMounts().apply(Attach(target="/srv", fstype="tmpfs", source="tmpfs"))
    os.umask(0o077)
    for in_place in (False, True):
        port = KernelFiles(Path("/srv"), in_place=in_place)
        actions: list[FileAction] = [
            Write(path="deep/er/a.yaml", file=File(content=b"long content", mode=0o600, uid=7)),
            Write(path="deep/er/a.yaml", file=File(content=b"short", mode=0o644, gid=9)),
            MakeDirectory(path="pki", directory=Directory(mode=0o700, uid=60, gid=60)),
            MakeDirectory(path="pki", directory=Directory(mode=0o750)),
            Write(path="pki", file=File(content=b"")),
            MakeDirectory(path="deep/er/a.yaml"),
            Remove(path="absent"),
            Remove(path="deep/er/a.yaml"),
            Remove(path="deep"),
            Remove(path="pki"),
        ]
        agree(port.observe, port.apply, file.model, actions)
        assert port.observe() == {}


def test_files() -> None:
    fresh(file_scenario, *ALONE)


def etc_scenario() -> None:
    mounts = KernelMounts()
    mounts.apply(Attach(target="/srv", fstype="tmpfs", source="tmpfs"))
    shadow, image = Path("/srv/system/etc"), Path("/srv/etc")
    shadow.mkdir(parents=True)
    image.mkdir()
    (image / "hosts").write_text("of the image")
    port = KernelEtc(mounts, shadow, image)
    actions = [
        WriteEtc(name="hosts", content=b"127.0.0.1 localhost\n"),
        WriteEtc(name="hosts", content=b"short\n", mode=0o600),
    ]
    agree(port.observe, port.apply, etc.model, actions)
    assert (image / "hosts").read_bytes() == b"short\n"
    assert _outcome(lambda: (image / "hosts").write_text("no")) == errno.EROFS
    absent = WriteEtc(name="absent", content=b"")
    assert _outcome(lambda: port.apply(absent)) == errno.ENOENT
    agree(port.observe, port.apply, etc.model, [RemoveEtc(name="hosts")])
    assert (image / "hosts").read_text() == "of the image"


def test_etc() -> None:
    fresh(etc_scenario, *ALONE)


def sysctl_scenario() -> None:
    keys = ("net.ipv4.ip_forward", "net.ipv4.ip_local_port_range", "net/ipv4/absent")
    port = KernelParameters(keys)
    assert set(port.observe()) == set(keys[:2])
    actions = [
        SetParameter(key="net.ipv4.ip_forward", value="1"),
        SetParameter(key="net.ipv4.ip_local_port_range", value="40000\t50000"),
        SetParameter(key="net/ipv4/conf/lo/send_redirects", value="0"),
        SetParameter(key="proc.sys.net.ipv4.conf.all.send_redirects", value="0"),
    ]
    agree(port.observe, port.apply, sysctl.model, actions)
    assert _outcome(lambda: port.apply(SetParameter(key="net.ipv4.none", value="1"))) == 2


def test_sysctls() -> None:
    fresh(sysctl_scenario, *ALONE)


def test_cgroups() -> None:
    name = f"ichor-test-{os.getpid()}"
    root = Path("/sys/fs/cgroup")
    kernel_cgroup.detect(root).apply(Make(path=name))
    try:
        _check_cgroups(kernel_cgroup.detect(root, name))
    finally:
        kernel_cgroup.detect(root).apply(RemoveGroup(path=name))
    assert not list(root.glob(f"*/{name}"))


def _check_cgroups(port: "kernel_cgroup.CgroupsV1 | kernel_cgroup.CgroupsV2") -> None:
    limits = Resources(memory_max=1 << 26, pids_max=64, cpu_millicores=500, cpu_shares=256)

    def observe() -> dict[str, Group]:
        return dict(port.observe())

    port.apply(Make(path="system"))
    port.apply(Make(path="system/toy"))
    sleeper = subprocess.Popen(["sleep", "1000"])
    try:
        actions: list[CgroupAction] = [
            Make(path="system/toy", resources=limits),
            Place(path="system/toy", pid=sleeper.pid),
            Place(path="system/absent", pid=sleeper.pid),
            RemoveGroup(path="system"),
        ]
        agree(observe, port.apply, cgroup.model, actions)
        port.apply(Kill(path="system"))
        assert sleeper.wait(timeout=10) == -signal.SIGKILL
    finally:
        sleeper.kill()
        sleeper.wait()
    agree(observe, port.apply, cgroup.model, [RemoveGroup(path="system")])
    assert observe() == {}


def test_cgroups_of_v2_without_controllers() -> None:
    """What a hybrid host can show of v2: groups, placing, cgroup.kill; its limits it cannot."""
    unified = Path("/sys/fs/cgroup/unified")
    if not unified.is_dir():
        pytest.skip("no v2 hierarchy beside v1 here")
    name = f"ichor-test-{os.getpid()}"
    whole = kernel_cgroup.CgroupsV2(unified)
    whole.apply(Make(path=name))
    sleeper = subprocess.Popen(["sleep", "1000"])
    try:
        port = kernel_cgroup.CgroupsV2(unified / name)
        actions: list[CgroupAction] = [
            Make(path="system/toy"),
            Place(path="system/toy", pid=sleeper.pid),
            RemoveGroup(path="system"),
        ]
        agree(lambda: dict(port.observe()), port.apply, _v2_model, actions)
        port.apply(Kill(path="system"))
        assert sleeper.wait(timeout=10) == -signal.SIGKILL
    finally:
        sleeper.kill()
        sleeper.wait()
        whole.apply(RemoveGroup(path=name))
    assert not (unified / name).exists()


def test_on_v2_the_root_is_left_for_a_leaf() -> None:
    """The order of steps on a real tree; that another order is refused needs controllers."""
    unified = Path("/sys/fs/cgroup/unified")
    if not unified.is_dir():
        pytest.skip("no v2 hierarchy beside v1 here")
    name = f"ichor-test-{os.getpid()}-root"
    whole = kernel_cgroup.CgroupsV2(unified)
    whole.apply(Make(path=name))
    sleepers = [subprocess.Popen(["sleep", "1000"]) for _ in range(2)]
    try:
        for each in sleepers:
            whole.apply(Place(path=name, pid=each.pid))
        port = kernel_cgroup.CgroupsV2(unified / name)
        for action in init_group.plan(port.processes("")):
            port.apply(action)
        assert port.processes("") == ()
        assert set(port.processes(init_group.INIT)) == {each.pid for each in sleepers}
    finally:
        for each in sleepers:
            each.kill()
            each.wait()
        whole.apply(RemoveGroup(path=name))


def _v2_model(groups: dict[str, Group], action: CgroupAction) -> dict[str, Group]:
    return dict(cgroup.model(groups, action))
