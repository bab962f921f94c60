"""Aliases: a device is found by what is known of it, and named by it in every document."""

import re

import pytest
from msgspec.structs import replace
from tests.conformance.documents import LINKS

from ichor.config.decode import decode
from ichor.config.links import link_fields, renamed
from ichor.config.registry import KINDS
from ichor.controllers.network import (
    link_alias_apply,
    link_alias_config,
    link_config,
    link_names,
    watch,
)
from ichor.formats.yaml.problem import Problems
from ichor.models.network import model
from ichor.ports.network import Bridge, Hardware, Link, Network, SetLink, Wireguard
from ichor.resources.config.active import ActiveConfig
from ichor.resources.network.link_alias import LinkAliasSpec
from ichor.resources.network.link_status import LinkStatus


def device(name: str, mac: str, driver: str = "virtio_net") -> LinkStatus:
    return LinkStatus(type="ether", hardware_addr=mac, permanent_addr=mac, driver=driver)


LINKS_THERE = {
    "enp1s0": device("enp1s0", "02:00:5e:00:53:01"),
    "enp2s0": device("enp2s0", "02:00:5e:00:53:02", driver="e1000"),
    "br0": replace(device("br0", "02:00:5e:00:53:02"), kind="bridge"),
}


DOCUMENT = """apiVersion: v1alpha1
kind: LinkAliasConfig
name: {name}
selector: {{match: '{match}'}}"""


def aliases(*given: tuple[str, str]) -> dict[str, str]:
    texts = (DOCUMENT.format(name=name, match=match) for name, match in given)
    config = ActiveConfig(value=decode("\n---\n".join(texts)))
    inputs = link_alias_config.Inputs(config=config, links=LINKS_THERE)
    return {link: spec.alias for link, spec in link_alias_config.reconcile(inputs)}


@pytest.mark.parametrize(
    ("match", "found"),
    [
        pytest.param('mac(link.permanent_addr) == "02:00:5e:00:53:02"', "enp2s0", id="address"),
        pytest.param('glob("*:01", mac(link.hardware_addr))', "enp1s0", id="pattern"),
        pytest.param('link.driver == "e1000"', "enp2s0", id="driver"),
        pytest.param('link.driver == "r8169"', "", id="none"),
        pytest.param('link.driver != ""', "", id="several-are-a-guess"),
    ],
)
def test_a_device_is_found_by_what_is_known_of_it(match: str, found: str) -> None:
    assert aliases(("lan", match)) == ({found: "lan"} if found else {})


def test_a_port_keeps_the_alias_that_made_it_one() -> None:
    text = DOCUMENT.format(name="lan", match='link.hardware_addr == "02:00:5e:00:53:01"')
    config = ActiveConfig(value=decode(text))
    bonded = replace(LINKS_THERE["enp1s0"], hardware_addr="02:00:5e:00:53:02", master_index=9)
    links = {**LINKS_THERE, "enp1s0": bonded}
    inputs = link_alias_config.Inputs(config=config, links=links)
    assert dict(link_alias_config.reconcile(inputs)) == {"enp1s0": LinkAliasSpec(alias="lan")}


def test_a_device_has_one_alias_and_a_name_is_no_alias() -> None:
    e1000 = 'link.driver == "e1000"'
    assert aliases(("wan", e1000), ("lan", e1000)) == {"enp2s0": "lan"}
    assert aliases(("enp1s0", e1000)) == {}


def test_an_expression_that_fails_for_a_real_device_takes_no_other_alias_away() -> None:
    """A configuration's are tried on a device without any facts, where && hides what is behind."""
    bad = 'link.driver != "" && link.mtu'
    assert aliases(("bad", bad), ("lan", 'link.driver == "e1000"')) == {"enp2s0": "lan"}


def test_every_document_that_names_a_link_may_call_it_by_its_alias() -> None:
    """Whoever adds a field that names a link marks it, and it is renamed."""
    names = {name: f"{name}x" for name in ("eth0", "eth1", "eth2", "eth5", "dummy0")}
    config = decode(LINKS)
    changed = renamed(config, names)
    for before, after in zip(config.documents, changed.documents, strict=True):
        for field in link_fields(type(before)):
            old, new = getattr(before, field), getattr(after, field)
            olds, news = (old, new) if isinstance(old, tuple) else ((old,), (new,))
            assert news == tuple(names.get(one, one) for one in olds)
    assert {kind for kind, cls in KINDS.items() if link_fields(cls)} >= {
        *("LinkConfig", "VLANConfig", "BondConfig", "BridgeConfig", "VRFConfig"),
        *("DHCPv4Config", "DHCPv6Config", "RoutingRuleConfig"),
    }
    assert link_fields(KINDS["BondConfig"]) == ("name", "links", "primary")


def test_an_alias_is_the_name_of_nobody_until_its_device_is_there() -> None:
    config = ActiveConfig(value=decode(LINKS))
    (gone,) = link_names.reconcile(link_names.Inputs(config=config))
    assert gone.spec == config
    inputs = link_names.Inputs(config=config, aliases={"eth3": LinkAliasSpec(alias="lan")})
    (named,) = link_names.reconcile(inputs)
    assert isinstance(named.spec, ActiveConfig)
    specs = {one.id for one in link_config.reconcile(link_config.Inputs(config=named.spec))}
    assert "configuration/eth3" in specs
    assert "configuration/lan" not in specs


def test_devices_bear_their_aliases_and_what_is_no_device_keeps_its_own() -> None:
    network = Network(
        links=(
            Link(name="eth0", physical=True, alias="old"),
            Link(name="eth1", physical=True),
            Link(name="wg0", kind=Wireguard(), alias="ichor 01"),
            Link(name="br0", kind=Bridge(), alias="theirs"),
        )
    )
    inputs = link_alias_apply.Inputs(wanted={"eth1": LinkAliasSpec(alias="lan")})
    actions = list(link_alias_apply.plan(inputs, network))
    assert actions == [SetLink(name="eth0", alias=""), SetLink(name="eth1", alias="lan")]
    for action in actions:
        network = model(network, action)
    assert list(link_alias_apply.plan(inputs, network)) == []


def test_a_link_shows_its_alias_and_what_drives_it() -> None:
    hardware = Hardware(driver="virtio_net", bus_path="0000:00:03.0", pci_id="1AF4:1041")
    seen = watch.link_status(Link(name="eth0", alias="lan", hardware=hardware), {})
    assert (seen.alias, seen.driver, seen.bus_path) == ("lan", "virtio_net", "0000:00:03.0")
    assert watch.link_status(Link(name="wg0", kind=Wireguard(), alias="ichor 01"), {}).alias == ""


@pytest.mark.parametrize(
    ("name", "match", "fault"),
    [
        pytest.param("lan", "", "expected an expression", id="empty"),
        pytest.param("lan", "link.speed > 5", "expected one of bus_path", id="unknown-field"),
        pytest.param("lan", "mac(1) == 'a'", "expected mac(address) of 1 texts", id="misuse"),
        pytest.param("net%d", "link.mtu > 5", "expected one name", id="pattern"),
    ],
)
def test_what_finds_nothing_ever_is_refused(name: str, match: str, fault: str) -> None:
    text = (
        f'apiVersion: v1alpha1\nkind: LinkAliasConfig\nname: {name}\nselector: {{match: "{match}"}}'
    )
    with pytest.raises(Problems, match=re.escape(fault)):
        decode(text)
