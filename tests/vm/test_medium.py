"""A machine with an empty disk starts from a medium, is told its configuration, installs itself."""

import shutil
from pathlib import Path

import pytest
from tests.config import samples
from tests.image.fat_tools import fat_tools_step
from tests.vm.press import Press
from tests.vm.upgrading import Machine

from ichor.cli.cluster_machines import boot_medium
from ichor.config import patch
from ichor.config.encode import encode
from ichor.image import disk, medium, tools
from ichor.image.cache import Cache, default_root, file_digest
from ichor.image.process import run
from ichor.image.progress import Lines
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import machine as machines
from ichor.testing.machine import Trial, trial

pytestmark = pytest.mark.vm
MEMORY_MIB = 768
# Of 737 000: as after a start from a disk, root and what is installed, and what the kernel keeps
# free of that much memory.
MOST_KB = 250_000
UNATTENDED = """
apiVersion: v1alpha1
kind: UnattendedInstallConfig
provisioning:
  diskSelector:
    match: disk.size > 3u * GB && disk.transport == "virtio"
"""


def used_kb(machine: Trial) -> int:
    info = machine.ask("Memory", pb.MemoryResponse).messages[0].meminfo
    return info.memtotal - info.memavailable


def test_two_builds_of_a_medium_are_equal(tmp_path: Path) -> None:
    cache = Cache(default_root())
    boot_medium("iso")
    digests = set()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        medium.iso_step(cache).build(tmp_path / name)
        digests.add(file_digest(tmp_path / name / medium.ISO))
        shutil.rmtree(tmp_path / name)
    assert digests == {file_digest(boot_medium("iso"))}


def test_fsck_finds_nothing_in_what_we_format(tmp_path: Path) -> None:
    cache, esp = Cache(default_root()), tmp_path / "esp"
    fat = fat_tools_step(cache)
    cache.make([fat], Lines())
    files = {"EFI/BOOT/BOOTX64.EFI": bytes(7 << 20), "EFI/Linux/ichor-1+2.efi": b"image" * 99}
    disk.make_esp(files, esp)
    run([*tools.in_place(cache.path(fat), "usr/sbin/fsck.fat"), "-n", "-v", esp])


def test_a_machine_is_installed_from_a_cd_that_stops_where_it_meets_it_again(
    tmp_path: Path,
) -> None:
    """Its configuration says who may have it installed, and not where: an administrator does."""
    press = Press(tmp_path)
    with trial(None, MEMORY_MIB, iso=boot_medium("iso")) as made:
        made.answered()
        (told,) = made.ask("Version", pb.VersionResponse).messages
        assert (told.platform.name, told.platform.mode) == ("metal", "metal")
        mounts = made.ask("Mounts", pb.MountsResponse).messages[0].stats
        assert [one.filesystem for one in mounts if one.mounted_on == "/"] == ["/dev/loop0"]
        used = used_kb(made)
        assert used < MOST_KB
        print(f"used: {used} kB after {made.seconds:.0f} s")
        request = pb.ApplyConfigurationRequest(data=encode(samples.control_plane()).encode())
        made.ask("ApplyConfiguration", pb.ApplyConfigurationResponse, request)
        one = Machine(made, press, tmp_path)
        one.until_ok("get", "machinestatus")
        assert "there is no disk sda" in one.refuses("install", "--disk", "/dev/sda")
        one.ichor("install", "--disk", "/dev/vda")
        made.until("configuration is on the disk")
        print(f"installed after {made.seconds:.0f} s")
        made.until("Linux version", times=2)
        one.root()
        said = made.console.rpartition("Linux version")[2]
        assert "device-mapper: ioctl: dm-0 (root) is ready" in said
        assert "Starting recovery" not in said
        one.until_ok("image", "list", "--namespace", "system")
        assert "Traceback" not in made.console
        made.switch_off()
        written = made.directory / machines.DISK
        assert press.entries(written) == {"ichor-1+2.efi"}
        press.break_esp(written)  # so that firmware goes on to the CD
        begin = len(made.console)
        made.start()
        made.until_after(begin, "this machine is installed")
        made.until_after(begin, "reboot: System halted")
        assert "disks=('vda',)" in made.console[begin:]
        assert "configuration is on the disk" not in made.console[begin:]
        print(f"stopped after {made.seconds:.0f} s")


def test_a_machine_that_boots_by_the_network_installs_itself_unattended() -> None:
    """Its firmware fetches the image by HTTP; the first disk that is large enough is taken."""
    with trial(None, 1024, netboot=boot_medium("pxe")) as made:
        made.answered()
        print(f"answered after {made.seconds:.0f} s")
        text = patch.apply(encode(samples.worker()), patch.read(UNATTENDED)).encode()
        request = pb.ApplyConfigurationRequest(data=text)
        made.ask("ApplyConfiguration", pb.ApplyConfigurationResponse, request)
        made.until("configuration is on the disk")
        print(f"installed after {made.seconds:.0f} s")
        made.until("service=containerd state=Running")
        assert made.console.count("Linux version") == 2
        assert "Traceback" not in made.console
