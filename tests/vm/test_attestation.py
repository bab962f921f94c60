"""A machine with Secure Boot and a TPM shows what it runs, and opens its disk; another does not.

One machine: in maintenance, with its configuration, with another image by the same signer, which
opens its disk, too, and with one whose states another has signed, which does not.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.client.machine_that_attests import booted
from tests.cluster.lab import PROGRAM
from tests.config import samples
from tests.vm.press import Press, new_signer
from tests.vm.test_encryption import configuration

from ichor.cli.attest import _ask
from ichor.cli.gen import talosconfig
from ichor.client.attestation import PCRS, Answer, Challenge, Pin, Reason, Rejected, verify
from ichor.client.machine import insecure
from ichor.client.state import StateClient
from ichor.formats import measured, pe
from ichor.formats.boot_entry import BootEntry
from ichor.formats.measured import Manifest
from ichor.image import authenticode, measure
from ichor.image.uki import Signer
from ichor.pki import issue
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import machine as machines
from ichor.resources.runtime.ids import SECURITY_STATE_ID
from ichor.resources.runtime.security import SecurityState
from ichor.testing.machine import Trial, trial

pytestmark = pytest.mark.vm
VOLUMES = """
apiVersion: v1alpha1
kind: VolumeConfig
name: STATE
encryption:
  provider: luks2
  keys:
    - {slot: 0, tpm: {checkSecurebootStatusOnEnroll: true}}
---
apiVersion: v1alpha1
kind: VolumeConfig
name: EPHEMERAL
encryption:
  provider: luks2
  keys:
    - {slot: 0, tpm: {}, lockToState: true}
"""


class Release:
    """A signed image, and what is foretold of it."""

    def __init__(self, press: Press, keys: Signer, states: str, change: bytes = b"") -> None:
        image = with_line(press.image, change)
        self.image = authenticode.sign(measure.with_signed_states(image, states), *keys)
        self.manifest: Manifest = measure.manifest(self.image, press.loader, "test")


def with_line(image: bytes, change: bytes) -> bytes:
    """Give the image with other words in its command line, as many."""
    line = next(one for one in pe.sections(image) if one.name == ".cmdline")
    text = image[line.offset : line.offset + line.size]
    other = text.replace(b"panic=10", change) if change else text
    assert len(other) == len(text)
    return image[: line.offset] + other + image[line.offset + line.size :]


async def asked(machine: Trial, challenge: Challenge) -> tuple[Answer, SecurityState]:
    async with insecure([f"127.0.0.1:{machine.port}"]) as connection:
        node = connection.nodes[0]
        answer = await _ask(node, challenge)
        state = await StateClient(node.channel).get(SecurityState, SECURITY_STATE_ID)
        assert state is not None
        return answer, state.spec


def refused(answer: Answer, challenge: Challenge, pin: Pin | None, release: Release) -> Reason:
    with pytest.raises(Rejected) as caught:
        verify(answer, challenge, pin, release.manifest)
    print(f"refused: {caught.value}")
    return caught.value.reason


class Commanded:
    """The machine by the command line, as its administrator."""

    def __init__(self, machine: Trial, work: Path) -> None:
        self._machine = machine
        self._config, self._manifest = work / "talosconfig", work / measure.FILE
        self._config.write_text(talosconfig("CLUSTER", samples.secrets()))

    def attest(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        through = ("--talosconfig", str(self._config), "-e", f"127.0.0.1:{self._machine.port}")
        command = [sys.executable, "-c", PROGRAM, "attest", *arguments, *through]
        environment = {**os.environ, "PYTHONPATH": "src"}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    def until(self, word: str, release: Release, *more: str) -> str:
        """Attest against a release until that is said, of good or of bad."""
        self._manifest.write_bytes(measured.write_manifest(release.manifest))
        arguments = ("--manifest", str(self._manifest), *more)
        while word not in (said := self.attest(*arguments)).stdout + said.stderr:
            self._machine.check_hope(f"{said.stdout}{said.stderr}")
        return said.stdout + said.stderr


def test_a_machine_shows_what_it_runs_and_only_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICHOR_STATE", str(tmp_path / "state"))
    press, disk = Press(tmp_path), tmp_path / "disk.raw"
    keys, states = new_signer("ours"), issue.key_pem(measure.make_key())
    release = Release(press, keys, states)
    shutil.copy(press.disk, disk)
    press.put(disk, {BootEntry(1): release.image}, keys)
    with trial(disk, 768, secure_boot=True, tpm=True) as machine:
        machine.answered()
        first = Challenge(os.urandom(32), PCRS)
        answer, state = asyncio.run(asked(machine, first))
        verdict = verify(answer, first, None, release.manifest)
        # What was foretold of PCR 11 is what the stub and PID 1 have made of it.
        assert verdict.phase == measured.BOOT
        assert verdict.secure_boot is True
        assert (state.secure_boot, state.booted_with_uki) == (True, True)
        assert state.pcr_signing_key_fingerprint == release.manifest.pcr_key
        assert len(state.uki_signing_key_fingerprint) == 64
        second = Challenge(os.urandom(32), PCRS)
        assert refused(answer, second, verdict.pin, release) is Reason.NONCE
        with booted(tmp_path / "other") as other:
            assert refused(other.asked(first), first, verdict.pin, release) is Reason.KEY

        command = Commanded(machine, tmp_path)
        request = pb.ApplyConfigurationRequest(data=configuration(VOLUMES).encode())
        machine.ask("ApplyConfiguration", pb.ApplyConfigurationResponse, request)
        print(command.until(measured.RUN, release, "--secure-boot", "--ak", verdict.pin.key))

        def starts(image: Release) -> int:
            machine.switch_off()
            press.put(machine.directory / machines.DISK, {BootEntry(1): image.image}, keys)
            machine.start()
            return machine.console.count("Linux version")

        upgrade = Release(press, keys, states, b"panic=11")
        starts(upgrade)
        print(command.until("no state of release test", release))
        print(command.until(measured.RUN, upgrade))
        said = machine.console.rpartition("Linux version")[2]
        assert said.count("volume opened") == 2
        print(*(line for line in said.splitlines() if "volume opened" in line), sep="\n")
        latest = Pin(key=verdict.pin.key, resets=verdict.pin.resets + 1)
        assert refused(answer, first, latest, release) is Reason.STALE

        assert "Traceback" not in machine.console
        foreign = Release(press, keys, issue.key_pem(measure.make_key()))
        before = starts(foreign)
        machine.until("Linux version", times=before + 1)
        closed = "PCR 11 is in no state that the signer of the secret has signed"
        machine.until(closed)
        print(next(line for line in machine.console.splitlines() if closed in line))
