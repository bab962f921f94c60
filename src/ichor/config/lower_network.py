"""What the old form told of links: one list of interfaces, each with all that is about it.

interfaces: [{interface: eth0, addresses, routes, mtu, dhcp, vlans, bond, bridge, ...}]
─► LinkConfig, BondConfig, BridgeConfig, DummyLinkConfig or WireguardConfig `eth0`,
VLANConfig `eth0.5`, DHCPv4Config and DHCPv6Config `eth0`, Layer2VIPConfig
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ichor.config.lowering import Lowering, Path, fields, is_empty, is_true, items, scalar
from ichor.formats.yaml.nodes import Fields, Items, Node, Scalar

_PATH: Final = ("machine", "network", "interfaces")
_BOND: Final[Mapping[str, str]] = {
    "interfaces": "links",
    "mode": "bondMode",
    "arpIPTarget": "arpIpTargets",
    "resendIgmp": "resendIGMP",
    "tlbDynamicLb": "tlbLogicalLb",
    "peerNotifyDelay": "peerNotifDelay",
    **{
        name: name
        for name in (
            *("xmitHashPolicy", "lacpRate", "arpValidate", "arpAllTargets", "primary"),
            *("primaryReselect", "failOverMac", "adSelect", "miimon", "updelay", "downdelay"),
            *("arpInterval", "minLinks", "lpInterval", "packetsPerSlave", "numPeerNotif"),
            *("allSlavesActive", "useCarrier", "adActorSysPrio", "adUserPortKey"),
        )
    },
}
_BRIDGE: Final = {"interfaces": "links", "stp": "stp", "vlan": "vlan"}
_WIREGUARD: Final = {name: name for name in ("privateKey", "listenPort", "firewallMark", "peers")}
_ROUTE: Final = {
    "network": "destination",
    **{name: name for name in ("gateway", "source", "metric", "mtu")},
}
_KINDS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "bond": ("BondConfig", _BOND),
    "bridge": ("BridgeConfig", _BRIDGE),
    "wireguard": ("WireguardConfig", _WIREGUARD),
}
_COMMON: Final = frozenset({"addresses", "cidr", "routes", "mtu", "dhcp", "dhcpOptions", "vip"})


def interfaces(work: Lowering) -> None:
    node = work.take(".".join(_PATH), "LinkConfig")
    for item in node.items if isinstance(node, Items) else ():
        if isinstance(item, Fields):
            _interface(work, item)
        else:
            work.fail(item, _PATH, "expected a map with interface")


def _interface(work: Lowering, item: Fields) -> None:
    name = item.get("interface")
    if not isinstance(name, Scalar) or not name.text:
        hint = "give it a LinkAliasConfig" if item.get("deviceSelector") else ""
        work.fail(item, (*_PATH, "interface"), "expected the name of a link", hint)
        return
    kind = "DummyLinkConfig" if is_true(item.get("dummy")) else "LinkConfig"
    for part, (of_part, renamed) in _KINDS.items():
        value = item.get(part)
        if isinstance(value, Fields) and not is_empty(value):
            kind = of_part
            for new, below in _renamed(work, (*_PATH, part), value, renamed):
                work.put(kind, new, _ports(work, part, new, below), name.text)
    work.put(kind, "name", name, name.text)
    _link(work, kind, name.text, item, _PATH)
    vlans = item.get("vlans")
    for vlan in vlans.items if isinstance(vlans, Items) else ():
        if isinstance(vlan, Fields):
            _vlan(work, name, vlan)
    known = {"interface", "vlans", "dummy", *_COMMON, *_KINDS}
    _refuse(work, _PATH, item, known)


def _ports(work: Lowering, part: str, new: str, node: Node) -> Node:
    """Rename what of a bridge's VLANs has another name now."""
    filtering = node.get("vlanFiltering") if isinstance(node, Fields) else None
    if part == "bridge" and new == "vlan" and filtering is not None:
        return fields(node.line, filtering=filtering)
    return node


def _vlan(work: Lowering, parent: Scalar, vlan: Fields) -> None:
    path = (*_PATH, "vlans")
    id = vlan.get("vlanId")
    if not isinstance(id, Scalar):
        work.fail(vlan, (*path, "vlanId"), "a required field is missing")
        return
    name = f"{parent.text}.{id.text}"
    work.put("VLANConfig", "vlanID", id, name)
    work.put("VLANConfig", "parent", parent, name)
    _link(work, "VLANConfig", name, vlan, path)
    _refuse(work, path, vlan, {"vlanId", *_COMMON})


def _link(work: Lowering, kind: str, name: str, item: Fields, path: Path) -> None:
    listed, single = item.get("addresses"), item.get("cidr")
    texts = [*listed.items] if isinstance(listed, Items) else []
    if single is not None and not is_empty(single):
        texts.append(single)
    if texts:
        rows = (fields(text.line, address=text) for text in texts)
        work.put(kind, "addresses", items(item.line, *rows), name)
    routes = item.get("routes")
    if isinstance(routes, Items) and routes.items:
        made = (_route(work, (*path, "routes"), route) for route in routes.items)
        work.put(kind, "routes", items(routes.line, *made), name)
    mtu = item.get("mtu")
    if isinstance(mtu, Scalar) and mtu.text != "0":
        work.put(kind, "mtu", mtu, name)
    if is_true(item.get("dhcp")):
        _dhcp(work, name, item, path)
    shared = item.get("vip")
    if isinstance(shared, Fields) and not is_empty(shared):
        _shared(work, name, shared, (*path, "vip"))


def _route(work: Lowering, path: Path, route: Node) -> Node:
    if not isinstance(route, Fields):
        work.fail(route, path, "expected a map with network and gateway")
        return route
    given = {
        new: value
        for new, value in _renamed(work, path, route, _ROUTE)
        if not (isinstance(value, Scalar) and not value.text)
    }
    return fields(route.line, **given)


def _dhcp(work: Lowering, name: str, item: Fields, path: Path) -> None:
    node = item.get("dhcpOptions")
    options = node if isinstance(node, Fields) else fields(item.line)
    metric, ipv4, duid = options.get("routeMetric"), options.get("ipv4"), options.get("duidv6")
    if ipv4 is None or is_true(ipv4):
        work.put("DHCPv4Config", "name", scalar(name, item.line), name)
        if isinstance(metric, Scalar) and metric.text != "0":
            work.put("DHCPv4Config", "routeMetric", metric, name)
    if is_true(options.get("ipv6")):
        work.put("DHCPv6Config", "name", scalar(name, item.line), name)
        if isinstance(duid, Scalar) and duid.text:
            work.put("DHCPv6Config", "clientIdentifier", scalar("duid", duid.line), name)
            work.put("DHCPv6Config", "duidRaw", duid, name)
    _refuse(work, (*path, "dhcpOptions"), options, {"routeMetric", "ipv4", "ipv6", "duidv6"})


def _shared(work: Lowering, link: str, vip: Fields, path: Path) -> None:
    address = vip.get("ip")
    for provider in ("equinixMetal", "hcloud"):
        given = vip.get(provider)
        if given is not None and not is_empty(given):
            work.fail(given, (*path, provider), "known, not supported yet", "remove the field")
    if not isinstance(address, Scalar) or not address.text:
        work.fail(vip, (*path, "ip"), "a required field is missing")
        return
    work.put("Layer2VIPConfig", "name", address, address.text)
    work.put("Layer2VIPConfig", "link", scalar(link, vip.line), address.text)
    _refuse(work, path, vip, {"ip", "equinixMetal", "hcloud"})


def _renamed(
    work: Lowering, path: Path, node: Fields, names: Mapping[str, str]
) -> Iterator[tuple[str, Node]]:
    for entry in node.entries:
        if entry.key in names:
            yield names[entry.key], entry.value
    _refuse(work, path, node, set(names))


def _refuse(work: Lowering, path: Path, node: Fields, known: set[str]) -> None:
    """Refuse what has no place; what says nothing is dropped."""
    for entry in node.entries:
        if entry.key not in known and not is_empty(entry.value):
            message, hint = "has no place in the documents of today", "remove the field"
            work.fail(entry.value, (*path, entry.key), message, hint)


def time_servers(work: Lowering) -> None:
    """A server that is a device is one of the precise clocks now."""
    node = work.take("machine.time.servers", "TimeSyncConfig")
    given = node.items if isinstance(node, Items) else ()

    def is_device(one: Node) -> bool:
        return isinstance(one, Scalar) and one.text.startswith("/dev/")

    devices = [one for one in given if is_device(one)]
    servers = [one for one in given if not is_device(one)]
    for new, found in (("ntp.servers", servers), ("ptp.devices", devices)):
        if node is not None and found:
            work.put("TimeSyncConfig", new, items(node.line, *found))
