"""One boot of the test flavour in QEMU: it reaches init and is what its configuration promises."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.image.test_kernel import justified

from ichor.controllers.runtime.kernel_param import DEFAULTS, HARDENED
from ichor.image import buildroot, hardening, kernel
from ichor.image.build import build
from ichor.image.cache import Cache, default_root
from ichor.image.progress import Lines

pytestmark = [pytest.mark.root, pytest.mark.vm]

HERE = Path(__file__).parent
SECONDS = 300  # TCG on a loaded machine; it takes 10 on an idle one
MOUNTS = {"proc": "/proc", "sysfs": "/sys", "cgroup2": "/sys/fs/cgroup"}
READS = (
    *("/proc/version", "/proc/cmdline", "/proc/filesystems", "/proc/devices", "/proc/meminfo"),
    *("/sys/fs/cgroup/cgroup.controllers", "/sys/kernel/security/lockdown"),
    *("/sys/kernel/security/lsm", "/proc/crypto"),
    *("/sys/devices/virtual/misc/hw_random/rng_current", "/sys/class/dmi/id/product_serial"),
    *("/sys/firmware/qemu_fw_cfg/by_name/opt/ichor/test/raw",),
)
HAS = (
    "/proc/modules",
    "/dev/mem",
    "/dev/port",
    "/proc/kcore",
    "/sys/kernel/debug",
    "/proc/config.gz",
)
FILESYSTEMS = ("xfs", "vfat", "iso9660", "squashfs", "overlay", "tmpfs", "cgroup2", "fuse", "bpf")
CONTROLLERS = ("cpuset", "cpu", "io", "memory", "hugetlb", "pids", "misc")


def asked(cache: Cache, config: Path) -> list[str]:
    """Give the sysctls that the checker looks at."""
    found = hardening.findings(cache, config, sysctls={"kernel.printk": "7"})
    return [each.name for each in found if each.kind == "sysctl"]


def path_of(sysctl: str) -> str:
    return "/proc/sys/" + sysctl.replace(".", "/")


def script(sysctls: list[str]) -> Iterator[str]:
    yield from (f"mount {kind} {path}" for kind, path in MOUNTS.items())
    yield "mount securityfs /sys/kernel/security"
    for key, value in (DEFAULTS | HARDENED).items():
        yield f"write {path_of(key)} {value}"
    yield from (f"read {path_of(key)}" for key in sysctls)
    yield from (f"read {path}" for path in READS)
    yield from (f"has {path}" for path in (*HAS, "/dev/watchdog0", "/dev/watchdog1"))


def newc(files: Mapping[str, bytes]) -> bytes:
    """Pack an initramfs: cpio's `newc`, Documentation/driver-api/early-userspace/buffer-format."""
    parts = []
    for number, (name, body) in enumerate([*files.items(), ("TRAILER!!!", b"")], 1):
        mode = 0o100755 if body else 0
        fields = (number, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        parts += [head, b"\0" * (-len(head) % 4), body, b"\0" * (-len(body) % 4)]
    return b"".join(parts)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Boot once; give the answers of init by `word path`."""
    work = tmp_path_factory.mktemp("boot")
    cache = Cache(default_root())
    build(cache, ("kernel/test", "kernel/checker"), Lines())
    made, root = kernel.kernel_step(cache, "test"), buildroot.root_step(cache)
    cache.make([root], Lines())
    compile_init = ["gcc-14", "-O2", "-Wall", "-Wno-unused-result", "-static", "-o", "/out/init"]
    buildroot.enter(
        cache.path(root),
        [*compile_init, "/src/init.c"],
        binds={"src": HERE / "boot", "out": work},
        env={},
    )
    lines = script(asked(cache, cache.path(made) / "config"))
    text = "".join(f"{line}\n" for line in lines).encode()
    (work / "initrd").write_bytes(newc({"init": (work / "init").read_bytes(), "script": text}))
    console = boot(cache.path(made) / "bzImage", work)
    found: dict[str, list[str]] = {}
    for line in console.splitlines():
        if line.startswith("="):
            word, path, *rest = line[1:].split(" ", 2)
            found.setdefault(f"{word} {path}", []).append("".join(rest))
    assert "end /script" in found, console[-3000:]
    return found


def boot(image: Path, work: Path) -> str:
    # no_timer_check: on a loaded host TCG's timer comes too late for that check, which panics.
    line = ["console=ttyS0", "panic=-1", "loglevel=5", "no_timer_check", *kernel.arguments()]
    argv = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"]
    argv += ["-m", "256", "-smp", "2", "-nodefaults", "-no-user-config", "-display", "none"]
    argv += ["-serial", "stdio", "-no-reboot", "-kernel", str(image), "-append", " ".join(line)]
    argv += ["-initrd", str(work / "initrd"), "-device", "virtio-rng-pci", "-device", "i6300esb"]
    argv += ["-smbios", "type=1,serial=ichor-serial"]
    argv += ["-fw_cfg", "name=opt/ichor/test,string=by-the-hypervisor"]
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=True
    )
    return done.stdout.decode(errors="replace").replace("\r", "")


def test_it_reaches_init_and_says_whose_it_is(answers: dict[str, list[str]]) -> None:
    (version,) = answers["read /proc/version"]
    assert "-ichor (build@ichor) (gcc-14 (Debian" in version


def test_it_has_the_file_systems_and_controllers_of_a_node(answers: dict[str, list[str]]) -> None:
    known = {line.split("\t")[-1] for line in answers["read /proc/filesystems"]}
    assert set(FILESYSTEMS) <= known
    (controllers,) = answers["read /sys/fs/cgroup/cgroup.controllers"]
    assert set(CONTROLLERS) <= set(controllers.split())
    assert {"253 device-mapper", "254 device-mapper"} & {
        line.strip() for line in answers["read /proc/devices"]
    }


def test_root_cannot_change_it(answers: dict[str, list[str]]) -> None:
    assert answers["read /sys/kernel/security/lockdown"] == ["none [integrity] confidentiality"]
    assert answers["read /sys/kernel/security/lsm"] == ["lockdown,capability,landlock,yama"]
    present = {path: answers[f"has {path}"] for path in HAS}
    assert present == {path: ["no"] for path in HAS} | {"/proc/config.gz": ["yes"]}


def test_it_sees_what_the_hypervisor_tells(answers: dict[str, list[str]]) -> None:
    assert answers["read /sys/class/dmi/id/product_serial"] == ["ichor-serial"]
    raw = "/sys/firmware/qemu_fw_cfg/by_name/opt/ichor/test/raw"
    assert answers[f"read {raw}"] == ["by-the-hypervisor"]
    assert answers["read /sys/devices/virtual/misc/hw_random/rng_current"] == ["virtio_rng.0"]
    # One in software, and QEMU's.
    assert answers["has /dev/watchdog0"] == answers["has /dev/watchdog1"] == ["yes"]


def test_its_parameters_are_as_the_checker_wants_but_for_the_table(
    answers: dict[str, list[str]],
) -> None:
    cache = Cache(default_root())
    config = cache.path(kernel.kernel_step(cache, "test")) / "config"
    held = {
        key: answers[f"read {path_of(key)}"][0].replace("\t", " ")
        for key in asked(cache, config)
        if f"read {path_of(key)}" in answers
    }
    found = hardening.findings(cache, config, kernel.arguments(), held)
    failed = {each.name for each in found if not each.is_ok}
    assert failed == justified("test") | justified("sysctl")
