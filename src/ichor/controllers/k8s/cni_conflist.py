"""The CNI configuration of a node: how a pod gets its interface.

    KubeFlannelCNIConfig, pod networks of this Node ─► /etc/cni/net.d/10-flannel.conflist

A bridge with this node's pod networks, addresses from a local table, host ports by nftables. The
default route comes from `isDefaultGateway` alone: an ipam route besides fails with «file exists».
"""

from collections.abc import Sequence

from ichor.formats.jsonvalue import Object

PATH = "/etc/cni/net.d/10-flannel.conflist"
BRIDGE = "cni0"


def render(pod_cidrs: Sequence[str], mtu: int) -> Object | None:
    """Give the configuration; None while the node has no pod network."""
    if not pod_cidrs:
        return None
    bridge: Object = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isDefaultGateway": True,
        "hairpinMode": True,
        "ipMasq": False,
        "mtu": mtu,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": cidr}] for cidr in pod_cidrs],
        },
    }
    ports: Object = {
        "type": "portmap",
        "backend": "nftables",
        "capabilities": {"portMappings": True},
    }
    return {"name": "cbr0", "cniVersion": "1.0.0", "plugins": [bridge, ports]}
