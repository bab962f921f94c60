"""Cards: told what the configuration says where it differs, and nothing else."""

import pytest

from ichor.config.decode import decode
from ichor.controllers.network import ethernet_apply, ethernet_config
from ichor.formats.yaml.problem import Problems
from ichor.models.ethernet import model
from ichor.ports.ethernet import Cards, SetChannels, SetFeatures, SetRings, SetWake
from ichor.resources.config.active import ActiveConfig
from ichor.resources.network.ethernet import EthernetChannels, EthernetRings, EthernetSpec
from ichor.resources.network.ethernet_status import (
    EthernetChannelsStatus,
    EthernetFeatureStatus,
    EthernetRingsStatus,
    EthernetStatus,
)
from ichor.resources.network.link_kinds import WOLMode

TEXT = """
apiVersion: v1alpha1
kind: EthernetConfig
name: eth0
features: {tx-tcp-segmentation: false, rx-gro: true, rx-lro: true}
rings: {rx: 256, tcp-data-split: true}
channels: {combined: 2}
wakeOnLan: [magic, unicast]
"""
CARD = EthernetStatus(
    features=(
        EthernetFeatureStatus(name="tx-tcp-segmentation", status="on"),
        EthernetFeatureStatus(name="rx-gro", status="off [requested on]"),
        EthernetFeatureStatus(name="rx-lro", status="off [fixed]"),
    ),
    rings=EthernetRingsStatus(rx_max=1024, rx=512, tx=512),
    channels=EthernetChannelsStatus(combined_max=4, combined=4),
)


def spec() -> EthernetSpec:
    inputs = ethernet_config.Inputs(config=ActiveConfig(value=decode(TEXT)))
    ((link, made),) = ethernet_config.reconcile(inputs)
    assert link == "eth0"
    return made


def test_a_document_is_what_its_card_is_told() -> None:
    made = spec()
    assert made.rings == EthernetRings(rx=256, tcp_data_split=True)
    assert made.channels == EthernetChannels(combined=2)
    assert made.wake_on_lan == (WOLMode.UNICAST, WOLMode.MAGIC)


def test_only_what_differs_is_told_and_then_nothing() -> None:
    inputs = ethernet_apply.Inputs(wanted={"eth0": spec(), "eth9": spec()})
    cards: Cards = {"eth0": CARD, "eth1": CARD}
    actions = list(ethernet_apply.plan(inputs, cards))
    assert actions == [
        SetFeatures(link="eth0", features={"tx-tcp-segmentation": False, "rx-lro": True}),
        SetRings(link="eth0", rings=EthernetRings(rx=256, tcp_data_split=True)),
        SetChannels(link="eth0", channels=EthernetChannels(combined=2)),
        SetWake(link="eth0", modes=(WOLMode.UNICAST, WOLMode.MAGIC)),
    ]
    for action in actions:
        cards = model(cards, action)
    assert list(ethernet_apply.plan(inputs, cards)) == []
    assert cards["eth1"] == CARD


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        pytest.param("wakeOnLan: [arp]", "arp is known, not supported yet", id="arp"),
        pytest.param("rings: {rx: 0}", "expected an integer from 1", id="no-ring"),
        pytest.param("rings: {tx-push: false}", "false is known, not supported yet", id="off"),
        pytest.param("rings: {rxMini: 5}", "did you mean rx-mini", id="spelling"),
    ],
)
def test_what_a_card_cannot_be_told_is_refused(line: str, fault: str) -> None:
    with pytest.raises(Problems, match=fault):
        decode(f"apiVersion: v1alpha1\nkind: EthernetConfig\nname: eth0\n{line}\n")
