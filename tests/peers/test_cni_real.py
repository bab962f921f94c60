"""The CNI configuration against the real plugins, and the Corefile against the real CoreDNS."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from tests.peers.components import component

from ichor.controllers.k8s import cni_conflist, manifest_dns
from ichor.formats.jsonvalue import Object, merge, objs


@pytest.fixture
def node() -> Iterator[tuple[str, str]]:
    """Give the names of two network namespaces: a node's and a pod's."""
    names = (f"ichor-n{os.getpid()}", f"ichor-p{os.getpid()}")
    try:
        for name in names:
            subprocess.run(["ip", "netns", "add", name], check=True)
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name])


@pytest.mark.cluster
@pytest.mark.root
def test_a_pod_gets_its_interface_address_and_default_route(
    node: tuple[str, str], tmp_path: Path
) -> None:
    conflist = cni_conflist.render(("10.244.7.0/24", "fd00:7::/64"), 1430)
    assert conflist is not None
    local: Object = {"ipam": {"dataDir": str(tmp_path)}}
    bridge, ports = objs(conflist, "plugins")
    shown = plugin("ADD", merge(bridge, local), {}, node)
    after = plugin("ADD", ports, {"prevResult": shown}, node)
    assert [ip["address"] for ip in after["ips"]] == ["10.244.7.2/24", "fd00:7::2/64"]
    routes = run(node[1], "route")
    assert "default via 10.244.7.1 dev eth0" in routes
    assert "mtu 1430" in run(node[1], "link", "show", "eth0")
    assert "10.244.7.1/24" in run(node[0], "addr", "show", cni_conflist.BRIDGE)
    plugin("DEL", ports, {"prevResult": shown}, node)
    plugin("DEL", merge(bridge, local), {"prevResult": shown}, node)
    assert "eth0" not in run(node[1], "link")


def plugin(
    command: str, config: Object, more: dict[str, Any], node: tuple[str, str]
) -> dict[str, Any]:
    """Call a plugin as containerd does: in the node's namespace, about the pod's."""
    name = str(config["type"])
    binary = component(name)
    if name == "portmap":
        # What the runtime makes of the capability when a pod asks for no host port.
        config = {key: value for key, value in config.items() if key != "capabilities"}
    path = os.pathsep.join(str(component(one).parent) for one in ("bridge", "host-local"))
    document = {"name": "cbr0", "cniVersion": "1.0.0", **config, **more}
    ended = subprocess.run(
        ["ip", "netns", "exec", node[0], binary],
        input=msgspec.json.encode(document),
        env={
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": "one",
            "CNI_NETNS": f"/var/run/netns/{node[1]}",
            "CNI_IFNAME": "eth0",
            "CNI_PATH": path,
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
    )
    assert ended.returncode == 0, ended.stdout.decode() + ended.stderr.decode()
    return cast("dict[str, Any]", json.loads(ended.stdout or b"{}"))


def run(netns: str, *args: str) -> str:
    return subprocess.run(
        ["ip", "-n", netns, *args], check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.cluster
def test_coredns_reads_the_corefile(tmp_path: Path) -> None:
    file = tmp_path / "Corefile"
    # Another port than 53 and no cluster to ask; the rest as it is.
    file.write_text(manifest_dns.corefile("cluster.local").replace(".:53", ".:0"))
    ended = subprocess.run(
        [component("coredns"), "-conf", file],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PATH": "/usr/bin"},
    )
    said = ended.stdout + ended.stderr
    assert "Corefile:" not in said, said
    assert "KUBERNETES_SERVICE_HOST" in said, said
