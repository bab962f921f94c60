"""The TPM's word over the API: what is asked wrongly is refused, what is right is verified."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

import pytest
from tests.api.serving import refused, serving
from tests.client.machine_that_attests import ROOT, Machine, booted, release

from ichor.api.attestation import AttestationService
from ichor.cli.attest import _verified
from ichor.cli.attest_pins import Pins
from ichor.client.attestation import Pin, Reason, Rejected
from ichor.client.machine import Node
from ichor.errors import FormatError
from ichor.formats import measured, verity
from ichor.formats.verity import Verity
from ichor.linux.measurement import MachineAccount
from ichor.linux.tpm import KernelTpm, opened
from ichor.ports.tpm import Account, Attesting
from ichor.proto.ichor import attest_pb2 as pb
from ichor.protocols.tpm2.objects import Credential
from ichor.protocols.tpm2.refusal import Refused
from ichor.rpc.status import Code, RpcError


class Refusing:
    """A TPM that says no."""

    def account(self, nonce: bytes, pcrs: Collection[int]) -> Account:
        raise Refused("QUOTE", 0x921)

    def activate(self, credential: Credential) -> bytes:
        raise Refused("ACTIVATE_CREDENTIAL", 0x1DF)


def run(tmp_path: Path, machine: Attesting, check: Callable[[Node], Awaitable[None]]) -> None:
    async def main() -> None:
        async with serving(tmp_path, AttestationService(machine).handlers()) as node:
            await check(node)

    asyncio.run(main())


def attest(node: Node, nonce: bytes, pcrs: Collection[int]) -> Awaitable[pb.AttestResponse]:
    request = pb.AttestRequest(nonce=nonce, pcrs=pcrs)
    return node.call("Attest", request, pb.AttestResponse, module=pb, service="Attestation")


@pytest.mark.parametrize(
    ("nonce", "pcrs", "word"),
    [
        (bytes(15), [7], "nonce"),
        (bytes(33), [7], "nonce"),
        (bytes(32), [], "pcrs"),
        (bytes(32), [24], "pcrs"),
    ],
)
def test_what_no_tpm_can_answer_is_refused(
    tmp_path: Path, nonce: bytes, pcrs: list[int], word: str
) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as caught:
            await attest(node, nonce, pcrs)
        refused(caught.value, Code.INVALID_ARGUMENT, word)

    run(tmp_path, Refusing(), check)


def test_a_tpm_that_says_no_is_told_by_its_own_word(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as caught:
            await attest(node, bytes(32), [7])
        refused(caught.value, Code.FAILED_PRECONDITION, "QUOTE", "RC_LOCKOUT")
        request, response = pb.ActivateRequest(), pb.ActivateResponse
        with pytest.raises(RpcError) as caught:
            await node.call("Activate", request, response, module=pb, service="Attestation")
        refused(caught.value, Code.FAILED_PRECONDITION, "RC_INTEGRITY")

    run(tmp_path, Refusing(), check)


def test_a_machine_without_a_tpm_says_so(tmp_path: Path) -> None:
    tpm = KernelTpm(lambda: None, lambda: opened(tmp_path / "none"))

    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as caught:
            await attest(node, bytes(32), [7])
        refused(caught.value, Code.NOT_FOUND, "no TPM 2.0")

    run(tmp_path, MachineAccount(tpm), check)


def account(machine: Machine, tmp_path: Path) -> MachineAccount:
    """Give what a machine says whose kernel shows what this one has."""
    events, log, line = (tmp_path / name for name in ("events", "measured", "cmdline"))
    events.write_bytes(machine.events)
    log.write_bytes(measured.build(machine.measured))
    line.write_text(verity.table(Verity(8, b"", ROOT), "/dev/vda2") + "\n")
    return MachineAccount(machine.tpm, events, log, line, lambda: "ichor-1+2.efi")


@pytest.mark.interop
def test_a_machine_is_verified_over_the_api_and_known_the_next_time(tmp_path: Path) -> None:
    pins: list[Pin] = []

    async def check(node: Node) -> None:
        known = pins[0] if pins else None
        verdict, has_certificate = await _verified(node, known, release())
        assert (verdict.phase, has_certificate) == ("ichor:run", False)
        pins.append(verdict.pin)

    async def fails(node: Node) -> None:
        with pytest.raises(Rejected) as caught:
            await _verified(node, pins[0], release())
        assert caught.value.reason is Reason.KEY

    with booted(tmp_path / "tpm") as machine:
        run(tmp_path, account(machine, tmp_path), check)
        run(tmp_path, account(machine, tmp_path), check)
    assert pins[0].key == pins[1].key
    with booted(tmp_path / "other") as other:
        run(tmp_path, account(other, tmp_path), fails)


@pytest.mark.interop
def test_a_machine_without_a_log_of_its_firmware_says_so(tmp_path: Path) -> None:
    async def check(node: Node) -> None:
        with pytest.raises(RpcError) as caught:
            await attest(node, bytes(32), [7])
        refused(caught.value, Code.NOT_FOUND, "no log of what it measured")

    with booted(tmp_path / "tpm") as machine:
        run(tmp_path, MachineAccount(machine.tpm, tmp_path / "none"), check)


def test_tpms_are_remembered_and_a_damaged_memory_forgets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICHOR_STATE", str(tmp_path / "state"))
    assert Pins().get("n1") is None
    pin = Pin(key="00", endorsement="11", resets=3, clock=4)
    Pins().set("n1", pin)
    Pins().set("n2", Pin(key="22"))
    assert Pins().get("n1") == pin
    (tmp_path / "state/attested.json").write_text("{")
    with pytest.raises(FormatError):
        Pins().get("n1")
