"""Cards over the kernel: a veth's features and channels, in a namespace of its own."""

import errno

import pytest
from pyroute2 import IPRoute
from tests.conformance.test_ports import ALONE
from tests.fresh import fresh

from ichor.controllers.network.ethernet_apply import Inputs, plan
from ichor.linux.ethernet import KernelEthernet
from ichor.ports.ethernet import SetFeatures, SetRings, SetWake
from ichor.resources.network.ethernet import EthernetChannels, EthernetRings, EthernetSpec
from ichor.resources.network.ethernet_status import EthernetStatus
from ichor.resources.network.link_kinds import Duplex, WOLMode

pytestmark = pytest.mark.root
OFF = ("tx-tcp-segmentation", "tx-checksum-ip-generic")


def features(card: EthernetStatus) -> dict[str, str]:
    return {one.name: one.status for one in card.features}


def veth_scenario() -> None:
    with IPRoute() as route:
        # How many channels a pair can have at most is said when it is made.
        route.link("add", ifname="v0", kind="veth", peer={"ifname": "v1"}, num_tx_queues=4)
        route.link("add", ifname="br0", kind="bridge")
    port = KernelEthernet(("veth",))
    before = port.observe()["v0"]
    assert before.channels is not None
    assert (before.channels.tx_max, before.channels.tx) == (4, 4)
    assert "" not in features(before)
    assert features(before)["tx-tcp-segmentation"] == "on"
    assert features(before)["vlan-challenged"] == "off [fixed]"
    assert (before.speed_mbit, before.duplex, before.link_state) == (10000, Duplex.FULL, False)
    wanted = EthernetSpec(features=dict.fromkeys(OFF, False), channels=EthernetChannels(tx=2))
    inputs = Inputs(wanted={"v0": wanted})
    for action in list(plan(inputs, port.observe())):
        port.apply(action)
    cards = port.observe()
    assert list(plan(inputs, cards)) == []
    after = cards["v0"]
    assert after.channels is not None
    assert after.channels.tx == 2
    assert {features(after)[name] for name in OFF} == {"off"}
    assert cards.keys() == {"v0", "v1"}
    assert cards["v1"].features == port.observe()["v1"].features
    assert KernelEthernet().observe() == {}


def refused_scenario() -> None:
    with IPRoute() as route:
        route.link("add", ifname="v0", kind="veth", peer={"ifname": "v1"})
    port = KernelEthernet(("veth",))
    unknown = SetFeatures(link="v0", features={"no-such-feature": True})
    for action, code in (
        (unknown, errno.EOPNOTSUPP),
        (SetRings(link="v0", rings=EthernetRings(rx=256)), errno.EOPNOTSUPP),
        (SetWake(link="v0", modes=(WOLMode.MAGIC,)), errno.EOPNOTSUPP),
        (SetWake(link="v9", modes=(WOLMode.MAGIC,)), errno.ENODEV),
    ):
        with pytest.raises(OSError, match="netlink") as refused:
            port.apply(action)
        assert refused.value.errno == code


def test_a_card_is_told_what_it_can_be_and_says_what_it_has() -> None:
    fresh(veth_scenario, *ALONE)


def test_what_a_card_cannot_be_is_refused_by_the_kernel() -> None:
    fresh(refused_scenario, *ALONE)
