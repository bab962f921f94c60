"""By which address a node is known where it has several."""

import pytest

from ichor.controllers.network.node_address import Inputs, reconcile
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.link_status import LinkStatus

OWN = AddressStatus(address="192.0.2.7/24", link_name="eth0")
LINKS = {"eth0": LinkStatus(type="ether")}


@pytest.mark.parametrize("kind", ["wireguard", "dummy", "vrf"])
def test_an_address_nobody_reaches_it_by_is_the_default_only_where_it_is_alone(kind: str) -> None:
    other = AddressStatus(address="10.0.0.1/32", link_name="x0")
    links = {**LINKS, "x0": LinkStatus(kind=kind)}
    made = dict(reconcile(Inputs(addresses=(OWN, other), links=links)))
    assert made["default"].addresses == ("192.0.2.7/24",)
    assert made["current"].addresses == ("10.0.0.1/32", "192.0.2.7/24")
    alone = dict(reconcile(Inputs(addresses=(other,), links=links)))
    assert alone["default"].addresses == ("10.0.0.1/32",)


@pytest.mark.parametrize("kind", ["", "bond", "vlan", "bridge"])
def test_the_smallest_of_the_others_is_the_default(kind: str) -> None:
    other = AddressStatus(address="10.0.0.1/32", link_name="x0")
    links = {**LINKS, "x0": LinkStatus(kind=kind)}
    made = dict(reconcile(Inputs(addresses=(OWN, other), links=links)))
    assert made["default"].addresses == ("10.0.0.1/32",)
