"""Our disk in a virtual machine with real firmware: it comes up, and a changed one does not."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.lab import PROGRAM
from tests.config import samples

from ichor.apps.dashboard.main import fingerprint
from ichor.cli.cluster_machines import disk_image
from ichor.config.encode import encode
from ichor.formats import gpt
from ichor.proto.machine import machine_pb2 as pb
from ichor.testing.machine import Trial, trial
from ichor.testing.screen import learn

pytestmark = pytest.mark.vm
MOST_KB = 87_000  # [m] 82_000 at rest, 89_000 before ADR 28
RUNS = "INFO ichor."
CONTAINERS = "service=containerd state=Running"
# In the block of the superblock, which is always read, beyond what squashfs itself would notice.
FIRST_BLOCK = 4000


@pytest.fixture(scope="module")
def image() -> Path:
    return disk_image()


@pytest.fixture(scope="module")
def machine(image: Path) -> Iterator[Trial]:
    with trial(image) as made:
        made.answered()
        yield made


def test_the_maintenance_api_tells_what_it_is(machine: Trial) -> None:
    (said,) = machine.ask("Version", pb.VersionResponse).messages
    assert (said.platform.name, said.platform.mode) == ("metal", "metal")
    assert said.version.tag.startswith("v1.14.0+ichor.")
    shown = asyncio.run(fingerprint("127.0.0.1", machine.port))
    assert f"fingerprint={shown}" in machine.console


def test_its_log_has_what_the_kernel_says_and_what_pid_1_does(machine: Trial) -> None:
    command = (sys.executable, "-c", PROGRAM, "dmesg", "-i", "-n", f"127.0.0.1:{machine.port}")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    kernel = done.stdout.index("Linux version")
    assert kernel < done.stdout.index("dm-0 (root) is ready") < done.stdout.index("service=apid")


def test_the_root_is_the_verified_device(machine: Trial) -> None:
    mounts = machine.ask("Mounts", pb.MountsResponse).messages[0].stats
    roots = [each.filesystem for each in mounts if each.mounted_on == "/"]
    assert roots in (["/dev/root"], ["/dev/dm-0"])
    assert "device-mapper: ioctl: dm-0 (root) is ready" in machine.console


def test_it_comes_to_rest_with_no_more_memory_than_it_may(machine: Trial) -> None:
    """Helpers that sign and such end soon after the API answers."""
    while (used := used_kb(machine)) >= MOST_KB:
        machine.check_hope(f"it needs {used} kB")
    print(f"used: {used} kB")


def test_without_a_screen_there_is_no_dashboard(machine: Trial) -> None:
    services = machine.ask("ServiceList", pb.ServiceListResponse).messages[0].services
    assert "dashboard" not in {one.id for one in services}


def used_kb(machine: Trial) -> int:
    info = machine.ask("Memory", pb.MemoryResponse).messages[0].meminfo
    return info.memtotal - info.memavailable


def test_a_configuration_makes_it_a_node_on_its_disk_where_it_stays_when_power_is_cut(
    image: Path,
) -> None:
    with trial(image, 768, has_screen=True) as machine:
        machine.answered()
        read_the_screen(machine)
        assert "service=containerd" not in machine.console
        text = encode(samples.control_plane()).encode()
        request = pb.ApplyConfigurationRequest(data=text)
        machine.ask("ApplyConfiguration", pb.ApplyConfigurationResponse, request)
        # PID 1 began afresh on the volumes that it had made; only then pods have where to be.
        machine.until(CONTAINERS)
        said = machine.console
        mounts = [said.index(f"XFS (vda{number}): Mounting V5") for number in (5, 6)]
        assert max(mounts) < said.index("service=containerd")
        assert said.count("Linux version") == 1
        machine.until("service=trustd state=Running")
        machine.until("service=kubelet state=")
        machine.cut_power()
        machine.until("Linux version", times=2)
        machine.until(CONTAINERS, times=2)
        assert CONTAINERS in machine.console.rpartition("Linux version")[2]
        machine.power_off()
        said = machine.console
        assert "the power button was pressed" in said
        assert said.rstrip().endswith("reboot: Power down")
        assert "Traceback" not in said  # its file systems went along
        machine.start()
        machine.until(CONTAINERS, times=3)
        said = machine.console.rpartition("Linux version")[2]
        assert said.count("Ending clean mount") == 2
        assert "Starting recovery" not in said


def read_the_screen(machine: Trial) -> None:
    """Read on its screen, letter by letter, what it tells of itself in maintenance."""
    machine.until("service=dashboard state=Running")
    while not tells_its_certificate(machine):
        machine.check_hope("its screen does not tell the fingerprint")
    listed = machine.ask("Processes", pb.ProcessesResponse).messages[0].processes
    (own,) = (one.resident_memory for one in listed if one.args == "dashboard")
    print(f"dashboard: {own >> 10} kB resident")


def tells_its_certificate(machine: Trial) -> bool:
    """Say whether a row of its screen is the fingerprint of what its API shows at this moment."""
    shown = asyncio.run(fingerprint(port=machine.port))
    rows = machine.screen()
    if len(set(rows[1])) != 1:  # the line below the head, to its last column
        return False
    known = learn(rows[-1], "[F1] Summary  [F2] Monitor  [F3] Log", {})
    return (
        len(shown) == 64
        and known is not None
        and any(learn(row, f"  {shown}", known) is not None for row in rows)
    )


def test_a_changed_byte_of_the_root_ends_the_boot(image: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk.raw"
    shutil.copy(image, disk)
    with disk.open("r+b") as file:
        root = gpt.parse(file.read(64 * gpt.SECTOR)).partitions[1]
        at = root.first * gpt.SECTOR + FIRST_BLOCK
        file.seek(at)
        (before,) = file.read(1)
        file.seek(at)
        file.write(bytes([before ^ 1]))
    with trial(disk) as machine:
        machine.until("Kernel panic - not syncing: dm-verity device corrupted")
        assert RUNS not in machine.console
