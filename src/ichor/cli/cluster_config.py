"""What each node of a planned cluster is told, and what its user gets: secrets, documents, access.

    plan + patches ─► Bundle ─► one configuration a node (name, role) + talosconfig

The nodes' addresses exist inside the cluster's network only: the user's talosconfig goes through
forwarders on 127.0.0.1 and names nodes by those addresses.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ichor.client.talosconfig import Context, Talosconfig
from ichor.config import bundle, generate, patch
from ichor.config.bundle import Bundle
from ichor.config.container import Config
from ichor.config.document import Document
from ichor.config.documents import v1alpha1
from ichor.config.documents.hostname import HostnameConfig
from ichor.config.documents.image_cache import ImageCacheConfig, LocalCache
from ichor.config.documents.kube_controller_manager import KubeControllerManagerConfig
from ichor.config.documents.kube_scheduler import KubeSchedulerConfig
from ichor.config.documents.kubelet import KubeletConfig
from ichor.config.documents.resolver import Nameserver, ResolverConfig
from ichor.config.encode import encode
from ichor.config.secret import Object, Secret
from ichor.config.versions import Source, images
from ichor.errors import InputError
from ichor.formats.yaml.values import Value
from ichor.pki.issue import issue_pair
from ichor.pki.leaf import Algorithm, os_client
from ichor.pki.roles import Role
from ichor.provision import accelerator, discovery
from ichor.provision.egress import resolvers
from ichor.provision.forward import LOOPBACK
from ichor.provision.provisioner import KUBERNETES_PORT
from ichor.provision.record import Cluster, Node

# The disk is this host's, and mostly full of what is not the node's: shares of it mean nothing, and
# taking them for trouble leaves pods pending on a healthy cluster. kubelet's other defaults stay.
_DISK: Mapping[str, Value] = {
    "evictionHard": {
        "memory.available": "100Mi",
        "nodefs.available": "500Mi",
        "nodefs.inodesFree": "1%",
        "imagefs.available": "500Mi",
    },
    "imageGCHighThresholdPercent": 100,
}
DISK: Final = "/dev/vda"  # of a virtual machine


class Told(Struct, frozen=True, kw_only=True):
    """userdata: configuration by node. talosconfig: of the cluster's administrator."""

    userdata: Mapping[str, bytes]
    talosconfig: Talosconfig


def tell(cluster: Cluster, source: Source, patches: Sequence[Path] = ()) -> Told:
    """Draw the secrets of a cluster and write what depends on them. Raises Problems, InputError."""
    made = bundle.generate(now=_now(), entropy=os.urandom)
    request = generate.Request(
        cluster_name=cluster.name,
        endpoint=endpoint(cluster),
        images=images(source),
        additional_sans=(LOOPBACK, "localhost", cluster.gateway),
        discovery=discovery.endpoint(cluster),
    )
    read = [one for path in patches for one in patch.read(_text(path), file=str(path))]
    servers = _resolvers() if cluster.egress else ()
    slowness = accelerator.slowness(cluster)
    userdata = {
        node.name: encode(
            patch.apply_to(_of_node(request, made, node, servers, slowness), read, file=node.name)
        ).encode()
        for node in cluster.nodes
    }
    context = administrator(cluster, made)
    talosconfig = Talosconfig(context=cluster.name, contexts={cluster.name: context})
    return Told(userdata=userdata, talosconfig=talosconfig)


def endpoint(cluster: Cluster) -> str:
    """Give the URL of the Kubernetes API: the one control plane's, or the hub's of several."""
    planes = control_planes(cluster)
    host = planes[0].address if len(planes) == 1 else cluster.gateway
    return f"https://{host}:{KUBERNETES_PORT}"


def control_planes(cluster: Cluster) -> list[Node]:
    return [node for node in cluster.nodes if node.role == "controlplane"]


def _of_node(
    request: generate.Request, made: Bundle, node: Node, servers: Sequence[str], slowness: int
) -> Config:
    is_plane = node.role == "controlplane"
    generated = (generate.control_plane if is_plane else generate.worker)(request, made)
    documents = [_told(each, node, servers) for each in generated.documents]
    if slowness > 1:
        documents = [patient(each, slowness) for each in documents]
    if node.image_cache:
        documents.append(ImageCacheConfig(local=LocalCache(enabled=True)))
    return Config(documents=tuple(documents))


def _told(document: Document, node: Node, servers: Sequence[str]) -> Document:
    """Give a generated document as a node in a container of this host needs it."""
    match document:
        case HostnameConfig():
            return HostnameConfig(hostname=node.name)
        case ResolverConfig():
            found = tuple(Nameserver(address=address) for address in servers)
            return replace(document, nameservers=found)
        case KubeletConfig() if node.machine is None:
            return replace(document, config=Object(_DISK))
        case v1alpha1.MainConfig() if node.machine is not None and node.machine.has_medium:
            install = v1alpha1.Install(disk=DISK)
            return replace(document, machine=replace(document.machine, install=install))
        case _:
            return document


def patient(document: Document, slowness: int) -> Document:
    """Give it with the defaults of leases and elections so many times longer."""
    match document:
        case v1alpha1.MainConfig(cluster=v1alpha1.Cluster(etcd=v1alpha1.Etcd() as etcd) as held):
            beat = {
                "heartbeat-interval": str(100 * slowness),
                "election-timeout": str(1000 * slowness),
            }
            etcd = replace(etcd, extra_args=beat)
            return replace(document, cluster=replace(held, etcd=etcd))
        case KubeControllerManagerConfig():
            grace = {"node-monitor-grace-period": f"{50 * slowness}s"}
            return replace(document, extra_args={**_elections(slowness), **grace})
        case KubeSchedulerConfig():
            return replace(document, extra_args=_elections(slowness))
        case KubeletConfig():
            lease = {"nodeLeaseDurationSeconds": 40 * slowness}
            return replace(document, config=Object({**document.config, **lease}))
        case _:
            return document


def _elections(slowness: int) -> Mapping[str, str]:
    return {
        "leader-elect-lease-duration": f"{15 * slowness}s",
        "leader-elect-renew-deadline": f"{10 * slowness}s",
        "leader-elect-retry-period": f"{2 * slowness}s",
    }


def administrator(cluster: Cluster, made: Bundle) -> Context:
    """Make the context of an administrator, valid for a year."""
    ca = bundle.pair_of(made.certs.os)
    leaf = os_client((Role.ADMIN,))
    client = issue_pair(ca, Algorithm.ED25519, leaf, now=_now(), entropy=os.urandom)
    return Context(
        endpoints=tuple(f"{LOOPBACK}:{node.forward('api')}" for node in control_planes(cluster)),
        nodes=tuple(node.address for node in cluster.nodes),
        ca=ca.certificate,
        crt=client.certificate,
        key=Secret(client.key),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise InputError(f"cannot be read: {err}", path=str(path)) from err


def _resolvers() -> tuple[str, ...]:
    try:
        return tuple(resolvers(Path("/etc/resolv.conf").read_text()))
    except OSError:
        return ()


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
