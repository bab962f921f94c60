"""Virtual machines: their command line, how they ended, and the disk they begin with."""

import itertools
import socket
from pathlib import Path

import pytest
from msgspec.structs import replace

from ichor.errors import InputError
from ichor.provision import accelerator, machine, tpm
from ichor.provision import name as names
from ichor.provision.life import End
from ichor.provision.machine import MONITOR, Handed, command, heard, last_reason, meaning
from ichor.provision.machines import Machines, identified
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster, Machine

MIB = 1 << 20
HANDED = Handed(7, (8,))


def planned(image: Path, disk_mib: int = 6144) -> Cluster:
    wanted = Machine(image=str(image), disk_mib=disk_mib)
    request = Request(name="t", root=image, workers=0, machine=wanted)
    return plan(request, lambda port: True)


def test_a_machine_has_its_port_of_the_bridge_and_its_own_address_there(tmp_path: Path) -> None:
    node = planned(tmp_path / "disk").nodes[0]
    assert node.machine is not None
    words = list(command(node, node.machine, tmp_path, HANDED))
    assert words[words.index("-netdev") + 1] == "tap,id=net0,fd=8"
    assert any(f"mac={names.hardware_address(node.name)}" in word for word in words)


def test_a_comma_in_a_path_starts_no_option(tmp_path: Path) -> None:
    node = planned(tmp_path / "disk").nodes[0]
    assert node.machine is not None
    words = " ".join(command(node, node.machine, Path("/a,b"), HANDED))
    assert "file=/a,,b/disk.raw" in words


def test_a_machine_is_told_of_its_own_by_smbios_and_on_disks(tmp_path: Path) -> None:
    node = planned(tmp_path / "disk").nodes[0]
    assert node.machine is not None
    told = replace(node.machine, serial="ds=nocloud;i=a,b", strings=("x=1", "y"), media=("/m",))
    words = list(command(node, told, tmp_path, HANDED))
    said = [word for option, word in itertools.pairwise(words) if option == "-smbios"]
    assert said == ["type=1,serial=ds=nocloud;i=a,,b", "type=11,value=x=1", "type=11,value=y"]
    assert "if=none,id=medium0,format=raw,readonly=on,file=/m" in words


def test_a_screen_is_there_only_where_it_is_wanted_and_can_be_looked_at(tmp_path: Path) -> None:
    node = planned(tmp_path / "disk").nodes[0]
    assert node.machine is not None
    words = " ".join(command(node, replace(node.machine, screen=True), Path("/a,b"), HANDED))
    assert "-device VGA" in words
    assert f"-qmp unix:/a,,b/{MONITOR}," in words
    assert "VGA" not in " ".join(command(node, node.machine, tmp_path, HANDED))


@pytest.mark.parametrize(
    ("reason", "status", "end"),
    [
        ("guest-reset", 0, End.REBOOT),
        ("guest-shutdown", 0, End.POWER_OFF),
        ("host-signal", 0, End.CRASH),
        ("guest-shutdown", 256, End.CRASH),
    ],
)
def test_how_a_machine_ended_is_what_qemu_said_last(reason: str, status: int, end: End) -> None:
    said = b'{"QMP": {}}\n{"return": {}}\n{"event": "SHUTDOWN", "data": {"reason": "%s"}}\n'
    assert last_reason(said % reason.encode()) == reason
    assert meaning(said % reason.encode(), status) is end


def test_what_a_killed_machine_said_is_heard_as_far_as_it_came() -> None:
    """QEMU killed before it read what we said resets the link (unix(7))."""
    ours, theirs = socket.socketpair()
    ours.sendall(b"never read")
    theirs.sendall(b'{"event": "SHUTDOWN", "data": {"reason": "guest-reset"}}\n{"ev')
    theirs.close()
    with ours:
        said = heard(ours)
    assert last_reason(said) == "guest-reset"
    assert meaning(said, 0) is End.REBOOT


def test_a_disk_of_images_is_read_only_to_a_machine(tmp_path: Path) -> None:
    node = replace(planned(tmp_path / "disk").nodes[0], image_cache="/layout")
    assert node.machine is not None
    words = list(command(node, node.machine, tmp_path, HANDED))
    (drive,) = [word for word in words if "id=images" in word]
    assert "readonly=on" in drive
    assert "id=images" not in " ".join(
        command(planned(tmp_path).nodes[0], node.machine, tmp_path, HANDED)
    )


def test_a_disk_smaller_than_its_image_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICHOR_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(machine, "QEMU", "true")
    monkeypatch.setattr(accelerator, "CODE", tmp_path / "image")
    (tmp_path / "image").write_bytes(bytes(2 * MIB))
    with pytest.raises(InputError, match="--disk: a disk of 1 MiB is smaller"):
        Machines().check(planned(tmp_path / "image", disk_mib=1))


def test_writes_are_logged_where_that_is_asked_for(tmp_path: Path) -> None:
    node = planned(tmp_path / "disk").nodes[0]
    assert node.machine is not None
    logged = replace(node.machine, log_writes=True)
    (drive,) = [word for word in command(node, logged, tmp_path, HANDED) if "id=disk," in word]
    assert f"log.file.filename={tmp_path}/writes.log" in drive
    assert "driver=blklogwrites" not in " ".join(command(node, node.machine, tmp_path, HANDED))


def test_a_machine_with_a_tpm_is_given_the_link_to_it(tmp_path: Path) -> None:
    node = planned(tmp_path / "disk").nodes[0]
    assert node.machine is not None
    words = list(command(node, node.machine, tmp_path, HANDED._replace(tpm=9)))
    assert "socket,id=tpmlink,fd=9" in words
    assert not [
        word for word in command(node, node.machine, tmp_path, HANDED) if word.startswith("tpm")
    ]


def test_a_tpm_is_refused_where_no_program_plays_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "QEMU", "true")
    monkeypatch.setattr(accelerator, "CODE", tmp_path / "image")
    monkeypatch.setattr(tpm, "SWTPM", "no-such-program")
    (tmp_path / "image").touch()
    cluster = planned(tmp_path / "image")
    node = cluster.nodes[0]
    assert node.machine is not None
    with_tpm = replace(node, machine=replace(node.machine, tpm=True))
    with pytest.raises(InputError, match=r"--tpm: no program 'no-such-program'.*apt-get install"):
        Machines().check(replace(cluster, nodes=(with_tpm,)))


def test_each_machine_is_one_of_its_own_to_its_firmware(tmp_path: Path) -> None:
    drawn = [identified(planned(tmp_path / "disk")).nodes[0].machine for _ in range(2)]
    first, second = (each.uuid for each in drawn if each is not None)
    assert first != second
    node = planned(tmp_path / "disk").nodes[0]
    assert node.machine is not None
    words = list(command(node, replace(node.machine, uuid=first), tmp_path, HANDED))
    assert words[words.index("-uuid") + 1] == first
    assert "-uuid" not in list(command(node, node.machine, tmp_path, HANDED))
