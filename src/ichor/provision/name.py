"""Names on the host that tell what is ours, and of which cluster and node.

    network namespace   /run/ichor/netns/ichor.<cluster>  (the hub)   and   ichor.<cluster>.<node>,
                        linked from /run/netns
    cgroup              ichor.<cluster>/<node>
    link                ich<10 hex of the cluster's name>        on the host, with --egress only
                        v<10 hex of the node's name>             in the hub, on its bridge
    nftables table      ip ichor_<cluster>                       with --egress only

Clusters and nodes are DNS labels, so the dot parts them without doubt. An interface has 15 octets
(IFNAMSIZ, with the NUL 16): the digest keeps long names apart, the alias of the link says whose.
"""

import hashlib
import re
from pathlib import Path

from ichor.errors import InputError

PREFIX = "ichor"
NETNS = Path("/run/ichor/netns")
LISTED = Path("/run/netns")
BRIDGE = "br0"
UPLINK = "up0"
NODE_LINK = "eth0"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# A node is called <cluster>-controlplane-1, and that is a label of at most 63 octets too.
_LONGEST_CLUSTER = 63 - len("-controlplane-99")


def check_cluster(name: str) -> None:
    if not _LABEL.fullmatch(name) or len(name) > _LONGEST_CLUSTER:
        raise InputError(
            f"cluster name {name!r}: must be a DNS label of 1..{_LONGEST_CLUSTER} octets",
            path="--name",
            hint="use lower-case letters, digits and inner dashes",
        )


def cgroup(cluster: str) -> str:
    return f"{PREFIX}.{cluster}"


def hub(cluster: str) -> Path:
    return NETNS / f"{PREFIX}.{cluster}"


def namespace(cluster: str, node: str) -> Path:
    return NETNS / f"{PREFIX}.{cluster}.{node}"


def is_namespace_of(path: Path, cluster: str) -> bool:
    own = hub(cluster).name
    return path.name == own or path.name.startswith(f"{own}.")


def node_port(node: str) -> str:
    """The bridge's end of the node's veth, or a machine's tap."""
    return f"v{_digest(node)}"


def hardware_address(node: str) -> str:
    """Give the node's MAC address, the same in every life: its neighbours' caches outlive it.

    Locally administered, unicast (IEEE 802 §8.2): the first octet is 02.
    """
    digest = hashlib.sha256(f"mac {node}".encode()).hexdigest()
    return ":".join(["02", *(digest[index : index + 2] for index in range(0, 10, 2))])


def egress_link(cluster: str) -> str:
    return f"ich{_digest(cluster)}"


def table(cluster: str) -> str:
    return f"{PREFIX}_{cluster.replace('-', '_')}"


def alias(cluster: str, node: str = "") -> str:
    return f"{PREFIX} {cluster} {node}".strip()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
