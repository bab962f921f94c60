"""A node of our own from maintenance mode to a secured API, called by our own command.

One node, made once for the whole file: booting takes seconds, and the tests follow its life.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ichor.client.talosconfig import Context, Talosconfig, load, save
from ichor.config import bundle
from ichor.config.secret import Secret
from ichor.pki.issue import issue_pair
from ichor.pki.leaf import Algorithm, os_server

pytestmark = [pytest.mark.cluster, pytest.mark.root]

NAME = "api-test"
SUBNET = "10.7.1.0/24"
ADDRESS = "10.7.1.2"
LONGEST_S = 60.0
PCAP_HEAD = 24
ROOT = Path(__file__).parents[2]


class Done:
    def __init__(self, finished: "subprocess.CompletedProcess[str]") -> None:
        self.code = finished.returncode
        self.out = finished.stdout
        self.err = finished.stderr

    def __str__(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


class Machine:
    """A cluster of one node and the files to reach it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.endpoint = ""
        self.admin = directory / "talosconfig"

    def ichor(self, *arguments: str) -> Done:
        program = "import sys; from ichor.cli.main import main; sys.exit(main(sys.argv[1:]))"
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        environment.pop("TALOSCONFIG", None)
        return Done(
            subprocess.run(
                [sys.executable, "-c", program, *arguments],
                capture_output=True,
                text=True,
                env=environment,
                timeout=300,
                check=False,
            )
        )

    def ok(self, *arguments: str) -> str:
        done = self.ichor(*arguments)
        assert done.code == 0, f"ichor {' '.join(arguments)}: {done}"
        return done.out

    def insecure(self, *arguments: str) -> str:
        return self.ok(*arguments, "-i", "-n", self.endpoint)

    def secure(self, *arguments: str) -> str:
        return self.ok(*self.by(self.admin), *arguments)

    def by(self, talosconfig: Path) -> tuple[str, ...]:
        return ("--talosconfig", str(talosconfig), "-e", self.endpoint, "-n", ADDRESS)

    def until_ok(self, *arguments: str) -> str:
        """Ask until it is answered: for moments when the machine changes."""
        limit = time.monotonic() + LONGEST_S
        while (done := self.ichor(*arguments)).code != 0:
            assert time.monotonic() < limit, f"ichor {' '.join(arguments)}: {done}"
            time.sleep(0.2)
        return done.out

    def create(self) -> None:
        built = self.ok("build", "root")
        folder = next(row.split()[-1] for row in built.splitlines() if row.startswith("root"))
        options = ("--workers", "0", "--subnet", SUBNET, "--skip-injecting-config")
        self.ok("cluster", "create", "--name", NAME, "--root", f"{folder}/root.squashfs", *options)
        shown = self.ok("cluster", "show", "--name", NAME)
        self.endpoint = next(
            word for word in shown.replace(",", "").split() if word.startswith("127.0.0.1:")
        )

    def destroy(self) -> None:
        self.ok("cluster", "destroy", "--name", NAME)


@pytest.fixture(scope="module")
def secrets() -> bundle.Bundle:
    return bundle.generate(now=datetime.now(UTC).replace(microsecond=0), entropy=os.urandom)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, secrets: bundle.Bundle) -> Iterator[Machine]:
    directory = tmp_path_factory.mktemp("machine")
    made = Machine(directory)
    made.destroy()
    (directory / "secrets.yaml").write_text(bundle.write(secrets))
    made.ok(
        *("gen", "config", "c1", f"https://{ADDRESS}:6443"),
        *("--with-secrets", str(directory / "secrets.yaml"), "-o", str(directory)),
    )
    try:
        made.create()
        made.until_ok("version", "-i", "-n", made.endpoint)
        yield made
    finally:
        made.destroy()


@pytest.fixture(scope="module")
def configured(machine: Machine) -> Machine:
    """The same machine, once it has been given its configuration."""
    machine.insecure("apply-config", "-f", str(machine.directory / "controlplane.yaml"))
    machine.until_ok(*machine.by(machine.admin), "version")
    return machine


def test_in_maintenance_anybody_may_look(machine: Machine) -> None:
    assert "v1.14.0+ichor." in machine.insecure("version", "--short")
    assert "apid" in machine.insecure("get", "services")
    found = json.loads(
        machine.insecure("get", "rd", "hostnamestatuses.net.talos.dev", "-o", "json")
    )
    assert found["spec"]["defaultNamespace"] == "network"
    assert "containerd" in machine.insecure("service")


def test_in_maintenance_nobody_may_read_files(machine: Machine) -> None:
    done = machine.ichor("get", "-i", "-n", machine.endpoint, "machineconfig")
    assert done.code == 1
    assert "PERMISSION_DENIED: not authorized" in done.err


def test_a_pinned_certificate_must_be_the_one_shown(machine: Machine) -> None:
    arguments = ("version", "-i", "-n", machine.endpoint, "--cert-fingerprint")
    wrong = machine.ichor(*arguments, "0" * 64)
    assert wrong.code == 1
    seen = wrong.err.strip().rpartition(" ")[2]
    machine.ok(*arguments, seen)


def test_a_dry_run_changes_nothing(machine: Machine) -> None:
    config = str(machine.directory / "controlplane.yaml")
    assert "Dry run" in machine.insecure("apply-config", "-f", config, "--dry-run")
    assert "unknown" in machine.insecure("get", "machinetype")


def test_with_a_configuration_the_api_knows_its_callers(configured: Machine) -> None:
    assert ADDRESS in configured.secure("version")
    assert "controlplane" in configured.secure("get", "machinetype")
    assert configured.ichor("version", "-i", "-n", configured.endpoint).code == 1


def test_resources_services_and_logs_are_shown(configured: Machine) -> None:
    rows = configured.secure("get", "nodeaddress", "current", "-o", "jsonpath={.spec.addresses[0]}")
    assert rows.strip() == f"{ADDRESS}/24"
    services = configured.secure("services")
    assert "apid" in services
    assert "Running" in services
    assert "service=apid" in configured.secure("logs", "machined", "--tail", "200")
    assert configured.secure("logs", "apid", "--tail", "5") == ""
    assert "daemon:" in configured.secure("dmesg")


def test_files_processes_memory_and_mounts_are_shown(configured: Machine) -> None:
    assert "machined" in configured.secure("list", "/system/run")
    assert configured.secure("read", "/etc/hostname") or True
    assert len(configured.secure("read", "/proc/sys/kernel/random/boot_id").strip()) == 36
    assert "/sbin/init" in configured.secure("processes")
    assert "AVAILABLE" in configured.secure("memory")
    assert "/var" in configured.secure("mounts")
    target = configured.directory / "copied"
    target.mkdir()
    configured.secure("copy", "/etc/cri", str(target))
    assert any(target.iterdir())


def test_sockets_are_shown_with_who_holds_them(configured: Machine) -> None:
    rows = [row.split() for row in configured.secure("netstat", "-l", "-p", "-t").splitlines()]
    assert any(row[4].endswith(":50000") and row[-1].endswith("/apid") for row in rows[1:])
    assert all(row[1] in {"tcp", "tcp6"} and row[6] == "LISTEN" for row in rows[1:])
    connected = configured.secure("netstat", "-t")
    assert f"{ADDRESS}]:50000" in connected or f"{ADDRESS}:50000" in connected


def test_packets_are_captured_and_filtered(configured: Machine) -> None:
    """The call itself passes the link."""
    said = configured.secure("pcap", "-i", "eth0", "--duration", "3s")
    assert f"{ADDRESS}:50000: TCP" in said
    file = configured.directory / "taken.pcap"
    every, nothing = "{ 0x6, 0, 0, 0x00040000 },", "{ 0x6, 0, 0, 0x00000000 },"
    for program, has_packets in ((every, True), (nothing, False)):
        configured.secure("pcap", "--duration", "3s", "-o", str(file), "--bpf-filter", program)
        assert (file.stat().st_size > PCAP_HEAD) is has_packets
    path = configured.directory / "watcher"
    configured.secure("config", "new", str(path), "--roles", "os:reader")
    done = configured.ichor(*configured.by(path), "pcap", "--duration", "1s")
    assert "PERMISSION_DENIED" in done.err


def test_a_role_does_what_it_may_and_no_more(configured: Machine) -> None:
    path = configured.directory / "reader"
    configured.secure("config", "new", str(path), "--roles", "os:reader")
    configured.ok(*configured.by(path), "version")
    configured.ok(*configured.by(path), "list", "/")
    for arguments in (("read", "/etc/hosts"), ("reboot", "--no-wait"), ("get", "osrootsecret")):
        done = configured.ichor(*configured.by(path), *arguments)
        assert done.code == 1
        assert "PERMISSION_DENIED: not authorized" in done.err


def test_a_certificate_that_also_serves_is_not_a_clients(
    configured: Machine, secrets: bundle.Bundle
) -> None:
    ca = bundle.pair_of(secrets.certs.os)
    now = datetime.now(UTC)
    pair = issue_pair(
        ca, Algorithm.ED25519, os_server("n1", ("127.0.0.1",)), now=now, entropy=os.urandom
    )
    held = load(configured.admin).current()
    wrong = Context(ca=held.ca, crt=pair.certificate, key=Secret(pair.key))
    path = configured.directory / "server"
    save(path, Talosconfig(context="x", contexts={"x": wrong}))
    done = configured.ichor(*configured.by(path), "version")
    assert done.code == 1
    assert "UNAUTHENTICATED" in done.err or "UNAVAILABLE" in done.err


def test_an_unknown_service_and_a_protected_one_are_said(configured: Machine) -> None:
    for arguments, words in (
        (("service", "apid", "stop"), "FAILED_PRECONDITION"),
        (("logs", "brew"), "NOT_FOUND"),
        (("etcd", "status"), "etcd"),
    ):
        done = configured.ichor(*configured.by(configured.admin), *arguments)
        assert done.code == 1
        assert words in done.err
        assert ADDRESS in done.err or "etcd" in done.err


def test_a_reboot_comes_back_with_another_boot_id_and_the_same_configuration(
    configured: Machine,
) -> None:
    before = configured.secure("read", "/proc/sys/kernel/random/boot_id")
    configured.secure("reboot", "--timeout", "60s")
    assert configured.secure("read", "/proc/sys/kernel/random/boot_id") != before
    assert "controlplane" in configured.secure("get", "machinetype")


def test_after_a_reset_the_machine_waits_for_a_configuration_again(configured: Machine) -> None:
    configured.secure("reset", "--reboot", "--timeout", "60s")
    configured.until_ok("version", "-i", "-n", configured.endpoint)
    assert "unknown" in configured.insecure("get", "machinetype")


def test_a_shutdown_leaves_the_machine_off(machine: Machine, configured: Machine) -> None:
    machine.insecure("apply-config", "-f", str(machine.directory / "controlplane.yaml"))
    machine.until_ok(*machine.by(machine.admin), "version")
    machine.secure("shutdown", "--timeout", "60s")
    assert "stopped" in machine.ok("cluster", "show", "--name", NAME)
