"""The kernel's configuration: each wish met, and what the hardening checker says of it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ichor.errors import InputError
from ichor.formats import kconfig
from ichor.image import buildroot, checkout, debian, hardening, kernel
from ichor.image.build import build
from ichor.image.cache import Cache, default_root
from ichor.image.process import BuildFailed
from ichor.image.progress import Silent

ROW = re.compile(r"\| `([\w.]+)` \| ([a-z, ]+) \| (.+) \|")
FLAVOURS = sorted(kernel.FLAVOURS)
# The prototype's count of the configuration alone; Talos had 197.
LEAST_OK = 234


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_each_symbol_of_a_flavour_has_one_place_and_a_reason(flavour: str) -> None:
    wishes = kconfig.combine(kernel.fragments(flavour))
    assert len(wishes) > 300
    assert kconfig.Wish("MODULES", "n", "nothing is loaded after the image was signed") in wishes


def test_a_wish_that_did_not_come_true_and_a_module_fail_the_build() -> None:
    wishes = (kconfig.Wish("XFS_FS", "y", "disks"),)
    kernel.check("test", wishes, "CONFIG_XFS_FS=y\n")
    with pytest.raises(BuildFailed, match=r"XFS_FS is n, not y \(disks\)\nLOOP would be a module"):
        kernel.check("test", wishes, "# CONFIG_XFS_FS is not set\nCONFIG_LOOP=m\n")


def test_the_facts_arguments_are_on_the_line() -> None:
    assert {"slab_nomerge", "pti=on"} <= set(kernel.arguments())


def test_a_package_may_be_asked_of_a_newer_suite_and_of_no_other() -> None:
    text = "gcc-14  # compiler\nkernel-hardening-checker @sid\npython3.13 @source\n"
    wanted = {"gcc-14": "", "kernel-hardening-checker": "sid", "python3.13": "source"}
    assert debian.requests(text) == wanted
    with pytest.raises(InputError, match="gcc-14 @etch: no such suite"):
        debian.requests("gcc-14 @etch\n")


def justified(flavour: str) -> set[str]:
    text = (checkout.root() / "kernel/README.md").read_text()
    return {match[1] for match in ROW.finditer(text) if flavour in match[2].split(", ")}


@pytest.fixture(scope="module")
def cache() -> Cache:
    """Give the cache with the configurations in it; they take a minute, a kernel half an hour."""
    cache = Cache(default_root())
    build(cache, ("kernel/checker", *(f"kernel/config/{each}" for each in FLAVOURS)), Silent())
    return cache


@pytest.mark.root
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_checker_finds_what_the_table_says_and_nothing_else(cache: Cache, flavour: str) -> None:
    config = cache.path(kernel.config_step(cache, flavour)) / "config"
    found = hardening.findings(cache, config, kernel.arguments())
    assert {each.name for each in found if not each.is_ok} == justified(flavour)
    assert sum(each.is_ok for each in found if each.kind == "kconfig") >= LEAST_OK


@pytest.mark.root
def test_flavours_are_hardened_alike(cache: Cache) -> None:
    configs = [cache.path(kernel.config_step(cache, flavour)) / "config" for flavour in FLAVOURS]
    full, test = (
        {each.name for each in hardening.findings(cache, config) if each.is_ok}
        for config in configs
    )
    assert full == test


@pytest.fixture
def inside(tmp_path: Path) -> tuple[Path, list[str]]:
    """Give a build root and the call that enters it, as a process of its own."""
    cache = Cache(default_root())
    root = buildroot.root_step(cache)
    cache.make([root], Silent())
    code = (
        "import sys; from pathlib import Path; from ichor.image import buildroot;"
        "root, out, *argv = sys.argv[1:];"
        "buildroot.enter(Path(root), argv, binds={'out': Path(out)}, env={}, told=print)"
    )
    return tmp_path, [sys.executable, "-uc", code, str(cache.path(root)), str(tmp_path)]


@pytest.mark.root
def test_the_build_root_is_read_only_and_sees_no_network_and_no_process_of_the_host(
    inside: tuple[Path, list[str]],
) -> None:
    out, call = inside
    script = "ls /proc | grep -c '^[0-9]'; ls /sys/class/net; touch /usr/x; echo made > /out/made"
    done = subprocess.run([*call, "sh", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Read-only file system" in done.stdout
    assert int(done.stdout.split()[0]) < 6
    assert (out / "made").read_text() == "made\n"


@pytest.mark.root
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_process_and_no_mount(
    inside: tuple[Path, list[str]], how: signal.Signals
) -> None:
    out, call = inside
    os.mkfifo(out / "alive")
    process = subprocess.Popen(
        [*call, "sh", "-c", "exec sleep 3600 > /out/alive"], stderr=subprocess.DEVNULL
    )
    with (out / "alive").open("rb") as alive:  # open once the sleeper is there
        process.send_signal(how)
        process.wait(30)
        assert alive.read() == b""  # its end: nobody is left who could write
    assert str(out) not in Path("/proc/mounts").read_text()
