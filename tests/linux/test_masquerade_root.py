"""Masquerading rules in a network namespace of its own, and what is left of them."""

import asyncio
import shutil
import subprocess

import pytest
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.errors import TransientError
from ichor.linux.masquerade import NftMasquerading
from ichor.linux.process import Reaper
from ichor.linux.sysctl import TriedParameters, is_of_namespaces
from ichor.models.masquerade import model
from ichor.ports.masquerade import Masquerade, SetMasquerades
from ichor.ports.sysctl import Attempt, SetParameter

pytestmark = pytest.mark.root

ONE = Masquerade("10.244.1.0/24", ("10.244.0.0/16",))
SIX = Masquerade("fd00:0:0:1::/64", ("fd00::/56",))


def ruleset(nft: str) -> str:
    done = subprocess.run([nft, "list", "ruleset"], capture_output=True, text=True, check=True)
    return done.stdout


async def scene(nft: str) -> None:
    reaper = Reaper()
    port = NftMasquerading(reaper, nft)
    foreign = ruleset(nft)
    reaper.start()
    assert await port.observe() == ""
    held = ""
    for rules in ((ONE,), (ONE, SIX), (SIX,)):
        action = SetMasquerades(rules=rules)
        await port.apply(action)
        held = model(held, action)
        assert await port.observe() == held
    with pytest.raises(TransientError, match="nft"):
        await port.apply(SetMasquerades(rules=(Masquerade("10.244.1.0/24", ("nonsense",)),)))
    assert await port.observe() == held  # all or nothing
    await port.apply(SetMasquerades(rules=()))
    assert await port.observe() == ""
    reaper.stop()
    assert ruleset(nft) == foreign


def scenario() -> None:
    nft = shutil.which("nft")
    assert nft is not None, "nftables is not installed"
    asyncio.run(scene(nft))


def test_rules_are_replaced_as_a_whole_and_leave_nothing() -> None:
    fresh(scenario, *ALONE)


def parameters() -> None:
    port = TriedParameters(is_of_namespaces)
    forward, panic, none = (
        f"proc.sys.{key}" for key in ("net.ipv4.ip_forward", "kernel.panic", "net.ipv4.none")
    )
    for key in (forward, panic, none):
        port.apply(SetParameter(key=key, value="1"))
    found = port.observe()
    assert found[forward] == Attempt(current="1")
    assert (found[none].current, found[none].refused) == ("", "1")
    assert found[panic].reason == "belongs to the host"


def test_a_parameter_of_the_host_is_not_even_tried() -> None:
    fresh(parameters, *ALONE)
