"""Addresses that control planes share: who stands, who has them, and where they are not named."""

from msgspec.structs import replace
from tests.config import samples

from ichor.config.decode import decode
from ichor.controllers.network import address_apply, node_address, shared_address
from ichor.controllers.network.operator import name_of
from ichor.controllers.network.shared_address_config import Inputs, reconcile
from ichor.models.shared_address import model
from ichor.ports.network import Add, Address, Announce, Delete, Link, Network
from ichor.ports.shared_address import Stand, Withdraw
from ichor.resources.config.active import ActiveConfig
from ichor.resources.network.address import AddressSpec, AddressStatus
from ichor.resources.network.ids import NODE_ADDRESS_CURRENT_ID
from ichor.resources.network.kinds import Family, OperatorKind
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.operator import OperatorSpec, VIPOperator
from ichor.resources.runtime.kinds import MachineStage
from ichor.resources.runtime.machine import MachineStatus

SHARED = """
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 2001:DB8::9
link: eth0
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 192.0.2.9
link: eth0
"""


def operator(address: str, link: str = "eth0") -> OperatorSpec:
    vip = VIPOperator(ip=address, gratuitous_arp=True)
    return OperatorSpec(operator=OperatorKind.VIP, link_name=link, vip=vip)


def inputs(
    *operators: OperatorSpec, stage: MachineStage = MachineStage.RUNNING, carries: bool = True
) -> shared_address.Inputs:
    return shared_address.Inputs(
        operators={name_of(one): one for one in operators},
        links={"eth0": LinkStatus(link_state=carries)},
        machine=MachineStatus(stage=stage),
    )


def test_documents_of_control_planes_become_operators() -> None:
    shared = decode(SHARED).documents
    for made, count in ((samples.control_plane(), 2), (samples.worker(), 0)):
        config = ActiveConfig(value=replace(made, documents=(*made.documents, *shared)))
        found = [one.id for one in reconcile(Inputs(config=config))]
        assert (
            found
            == [
                "configuration/vip/eth0/192.0.2.9",
                "configuration/vip/eth0/2001:db8::9",
            ][:count]
        )
        assert {"192.0.2.9", "2001:db8::9"} <= {*config.value.cert_sans}


def test_a_node_stands_while_it_lives_and_its_link_carries() -> None:
    ours = operator("192.0.2.9")
    (stand,) = shared_address.plan(inputs(ours), {})
    assert stand == Stand(address="192.0.2.9")
    standings = model({}, stand)
    assert list(shared_address.plan(inputs(ours), standings)) == []
    for other in (
        inputs(ours, stage=MachineStage.REBOOTING),
        inputs(ours, stage=MachineStage.RESETTING),
        inputs(ours, carries=False),
        inputs(operator("192.0.2.9", link="eth9")),
        inputs(),
    ):
        (withdraw,) = shared_address.plan(other, {"192.0.2.9": True})
        assert withdraw == Withdraw(address="192.0.2.9")
        assert list(shared_address.report(other, {"192.0.2.9": True})) == []


def test_whoever_is_elected_has_the_address() -> None:
    both = inputs(operator("192.0.2.9"), operator("2001:db8::9"))
    (held,) = shared_address.report(both, {"192.0.2.9": True, "2001:db8::9": False})
    assert held.id == "vip/eth0/192.0.2.9"
    assert isinstance(held.spec, AddressSpec)
    assert (held.spec.address, held.spec.announce_with_arp) == ("192.0.2.9/32", True)
    (held,) = shared_address.report(both, {"192.0.2.9": False, "2001:db8::9": True})
    assert isinstance(held.spec, AddressSpec)
    assert (held.spec.address, held.spec.family) == ("2001:db8::9/128", Family.INET6)


def test_an_address_that_comes_is_announced_and_goes_without_a_word() -> None:
    network = Network(links=(Link(name="eth0", up=True),))
    wanted = address_apply.Inputs(
        wanted=(
            AddressSpec(address="192.0.2.9/32", link_name="eth0", announce_with_arp=True),
            AddressSpec(address="192.0.2.10/24", link_name="eth0"),
        )
    )
    actions = list(address_apply.plan(wanted, network))
    added = [action.what for action in actions if isinstance(action, Add)]
    assert [one.address for one in added if isinstance(one, Address)] == [
        "192.0.2.10/24",
        "192.0.2.9/32",
    ]
    assert actions[-1] == Announce(link="eth0", address="192.0.2.9/32")
    there = replace(network, addresses=tuple(one for one in added if isinstance(one, Address)))
    assert list(address_apply.plan(wanted, there)) == []
    gone = list(address_apply.plan(address_apply.Inputs(), there))
    assert {type(one) for one in gone} == {Delete}


def test_a_shared_address_is_no_nodes_own() -> None:
    """Certificates, etcd and the kubelet would follow it around."""
    held = [
        AddressStatus(address=one, link_name="eth0") for one in ("192.0.2.9/32", "192.0.2.7/24")
    ]
    given = node_address.Inputs(addresses=held, operators=[operator("192.0.2.9")])
    found = dict(node_address.reconcile(given))
    assert found[NODE_ADDRESS_CURRENT_ID].addresses == ("192.0.2.7/24",)
