"""Links of every kind in a kernel that has them: what is planned is done, and then nothing is left.

Run as init of a machine (in_kernel.py); the kernel is told by our codec and asked by pyroute2.
"""

from collections.abc import Iterable

from msgspec.structs import replace
from pyroute2 import IPRoute

from ichor.controllers.network import link_apply, rule_apply
from ichor.controllers.network.link_apply import GROUP
from ichor.controllers.network.link_parts import PLAIN_BOND
from ichor.linux.network import KernelNetwork
from ichor.models.network import model
from ichor.ports.network import (
    Action,
    Bond,
    CreateLink,
    Link,
    Network,
    Wireguard,
)
from ichor.resources.network import link as specs
from ichor.resources.network.kinds import RoutingRuleAction
from ichor.resources.network.link import LinkSpec
from ichor.resources.network.link_kinds import (
    ADLACPActive,
    ARPAllTargets,
    BondMode,
    BondXmitHashPolicy,
    LACPRate,
    PrimaryReselect,
    VLANProtocol,
)
from ichor.resources.network.routing_rule import RoutingRuleSpec

KEY = "mFB0b0l3cUxNQjFVQWxvS1BkSEFkUW5NR3dYaUVYMEc="
PEER = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
PLAIN = PLAIN_BOND
BONDS = {
    "lacp": replace(
        PLAIN,
        mode=BondMode.IEEE_802_3AD,
        lacp_rate=LACPRate.FAST,
        xmit_hash_policy=BondXmitHashPolicy.LAYER3_4,
        ad_actor_sys_prio=7,
        ad_user_port_key=3,
        ad_lacp_active=ADLACPActive.OFF,
        min_links=1,
    ),
    "backup": replace(
        PLAIN,
        mode=BondMode.ACTIVE_BACKUP,
        primary="d1",
        primary_reselect=PrimaryReselect.BETTER,
        miimon=50,
        updelay=100,
        downdelay=50,
        peer_notify_delay=50,
        num_peer_notif=3,
        resend_igmp=2,
        all_slaves_active=1,
    ),
    "arp": replace(
        PLAIN,
        mode=BondMode.BALANCE_XOR,
        arp_interval=200,
        arp_ip_targets=("192.0.2.1", "192.0.2.2"),
        ns_ip6_targets=("2001:db8::1",),
        arp_all_targets=ARPAllTargets.ALL,
        missed_max=5,
    ),
    "robin": replace(PLAIN, packets_per_slave=7, lp_interval=4),
    "tlb": replace(PLAIN, mode=BondMode.BALANCE_TLB, tlb_logical_lb=0),
    "alb": replace(PLAIN, mode=BondMode.BALANCE_ALB),
}


def made(name: str, kind: str, **more: object) -> LinkSpec:
    return replace(LinkSpec(name=name, logical=True, up=True, kind=kind, type="ether"), **more)


def specs_of_all() -> dict[str, LinkSpec]:
    peer = specs.WireguardPeer(
        public_key=PEER, endpoint="192.0.2.9:51820", allowed_ips=("10.9.0.0/24", "fd09::/64")
    )
    wireguard = specs.Wireguard(private_key=KEY, listen_port=51820, firewall_mark=3, peers=(peer,))
    bridged = specs.BridgeMaster(
        stp=specs.STP(enabled=True), vlan=specs.BridgeVLAN(filtering_enabled=True)
    )
    found = [
        made("d0", "dummy", bridge_slave=specs.BridgeSlave(master_name="br1")),
        made("d1", "dummy", master_name="backup"),
        made("d2", "dummy", master_name="backup", hardware_addr="02:00:5e:00:53:02"),
        made("d3", "dummy", vrf_slave=specs.VRFSlave(master_name="red")),
        made("d4", "dummy", mtu=1400, multicast=True),
        made("br1", "bridge", bridge_master=bridged, mtu=1450, hardware_addr="02:00:5e:00:53:01"),
        made("red", "vrf", vrf_master=specs.VRFMaster(table="42")),
        made("v0", "veth", veth=specs.Veth(peer_name="v1")),
        made("v1", "veth", veth=specs.Veth(peer_name="v0"), up=False),
        made("wg9", "wireguard", wireguard=wireguard, mtu=1380),
        made("vlan7", "vlan", parent_name="backup", vlan=specs.VLAN(vlan_id=7)),
        made(
            "vlan8",
            "vlan",
            parent_name="d4",
            mtu=1300,
            vlan=specs.VLAN(vlan_id=8, vlan_protocol=VLANProtocol.IEEE_802_1AD),
        ),
        *(made(name, "bond", bond_master=told) for name, told in BONDS.items()),
    ]
    return {spec.name: spec for spec in found}


def settled(link: Link) -> Link:
    """Leave out what only the world can say, and the secrets, which it does not tell."""
    kind = link.kind
    if isinstance(kind, Wireguard):
        peers = tuple(replace(peer, preshared_key="") for peer in kind.peers)
        kind = replace(kind, private_key="", public_key="", peers=peers)
    if isinstance(kind, Bond):
        kind = replace(kind, primary="")
    return replace(
        link, index=0, mac="", running=False, operational="", kind=kind, permanent_mac=""
    )


def view(network: Network) -> dict[str, Link]:
    return {link.name: settled(link) for link in network.links if link.group == GROUP}


def act(kernel: KernelNetwork, actions: Iterable[Action]) -> int:
    """Do each to the kernel and to the model, which must agree."""
    done = 0
    for action in actions:
        done += 1
        before = kernel.observe()
        kernel.apply(action)
        expected, actual = view(model(before, action)), view(kernel.observe())
        assert actual == expected, "\n".join(
            f"{action}\n kernel {actual.get(name)}\n model  {expected.get(name)}"
            for name in sorted({*actual, *expected})
            if actual.get(name) != expected.get(name)
        )
    return done


def converge(kernel: KernelNetwork, wanted: dict[str, LinkSpec]) -> int:
    inputs = link_apply.Inputs(wanted=wanted)
    count = act(kernel, list(link_apply.plan(inputs, kernel.observe())))
    for _ in range(2):  # a bond is told its primary anew once that is there
        count += act(kernel, list(link_apply.plan(inputs, kernel.observe())))
    left = list(link_apply.plan(inputs, kernel.observe()))
    assert left == [], left
    return count


def asked(route: IPRoute, name: str) -> dict[str, object]:
    """Ask pyroute2 for what a link's kind was told."""
    (message,) = route.get_links(ifname=name)
    info = message.get_attr("IFLA_LINKINFO")
    data = info.get_attr("IFLA_INFO_DATA")
    return {"kind": info.get_attr("IFLA_INFO_KIND"), **dict(data["attrs"] if data else ())}


def check_oracle() -> None:
    with IPRoute() as route:
        lacp = asked(route, "lacp")
        assert (lacp["IFLA_BOND_MODE"], lacp["IFLA_BOND_AD_LACP_RATE"]) == (4, 1), lacp
        assert (lacp["IFLA_BOND_MIIMON"], lacp["IFLA_BOND_XMIT_HASH_POLICY"]) == (100, 1)
        backup = asked(route, "backup")
        index = {link.get_attr("IFLA_IFNAME"): link["index"] for link in route.get_links()}
        assert backup["IFLA_BOND_PRIMARY"] == index["d1"], backup
        assert asked(route, "vlan8")["IFLA_VLAN_PROTOCOL"] in (0x88A8, "802.1ad"), asked(
            route, "vlan8"
        )
        assert asked(route, "red")["IFLA_VRF_TABLE"] == 42
        assert asked(route, "br1")["IFLA_BR_VLAN_FILTERING"] == 1
        ports = {
            link.get_attr("IFLA_IFNAME"): link.get_attr("IFLA_MASTER") for link in route.get_links()
        }
        assert ports["d0"] == index["br1"]
        assert ports["d3"] == index["red"]
        assert ports["d1"] == ports["d2"] == index["backup"]


def links_scenario() -> None:
    kernel = KernelNetwork()
    kernel.apply(CreateLink(name="foreign", kind=Bond()))
    wanted = specs_of_all()
    count = converge(kernel, wanted)
    print(f"{len(wanted)} links by {count} actions")
    check_oracle()
    seen = {link.name: link for link in kernel.observe().links}
    wireguard = seen["wg9"].kind
    assert isinstance(wireguard, Wireguard)
    assert wireguard.public_key
    assert wireguard.listen_port == 51820
    assert wireguard.peers[0].allowed == ("10.9.0.0/24", "fd09::/64")
    assert wireguard.peers[0].endpoint == "192.0.2.9:51820"
    assert seen["vlan7"].up
    assert seen["d2"].up
    change(kernel, wanted)
    remove(kernel, wanted)


def change(kernel: KernelNetwork, wanted: dict[str, LinkSpec]) -> None:
    """Other settings of each kind; a port that is let go, one that goes elsewhere."""
    other = specs.Wireguard(private_key=KEY, listen_port=51821)
    robin = replace(PLAIN, packets_per_slave=2)
    wanted.update(
        {
            "wg9": replace(wanted["wg9"], wireguard=other),
            "vlan7": replace(wanted["vlan7"], vlan=specs.VLAN(vlan_id=9)),
            "red": replace(wanted["red"], vrf_master=specs.VRFMaster(table="43")),
            "backup": replace(wanted["backup"], bond_master=robin),
            "d2": replace(wanted["d2"], master_name=""),
            "d0": replace(
                wanted["d0"], bridge_slave=None, vrf_slave=specs.VRFSlave(master_name="red")
            ),
            "br1": replace(wanted["br1"], up=False, bridge_master=specs.BridgeMaster()),
        }
    )
    print(f"changed by {converge(kernel, wanted)} actions")
    seen = {link.name: link for link in kernel.observe().links}
    assert (seen["d2"].master, seen["d2"].up, seen["d0"].master) == ("", True, "red")


def remove(kernel: KernelNetwork, wanted: dict[str, LinkSpec]) -> None:
    """Only what we made goes, also for a later life of ours."""
    later = KernelNetwork()
    count = converge(later, {})
    left = {link.name for link in kernel.observe().links}
    assert "foreign" in left
    assert not left & wanted.keys(), left & wanted.keys()
    print(f"removed by {count} actions")


def rules_scenario() -> None:
    kernel = KernelNetwork()
    wanted = (
        RoutingRuleSpec(src="10.0.0.0/8", table="100", priority=1000, iif_name="lo"),
        RoutingRuleSpec(
            priority=1001, fw_mark=5, dst="192.0.2.0/24", action=RoutingRuleAction.PROHIBIT
        ),
    )
    before = kernel.observe().rules
    for specs_now in (wanted, wanted[1:], ()):
        inputs = rule_apply.Inputs(wanted=specs_now)
        for action in list(rule_apply.plan(inputs, kernel.observe())):
            kernel.apply(action)
        left = list(rule_apply.plan(inputs, kernel.observe()))
        assert left == [], left
        assert len(kernel.observe().rules) == len(before) + len(specs_now)
    print("rules are set and taken away")


def scenario() -> None:
    rules_scenario()
    links_scenario()
