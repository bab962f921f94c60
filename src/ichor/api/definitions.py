"""Types as resources of the namespace `meta`, put into the store when first asked for.

They are the same on every node of a version, and making them imports every spec there is: PID 1
does not pay for that before a client wants to know.
"""

from ichor.cosi.resource import Kind, resource
from ichor.cosi.state import State
from ichor.resources.meta.definition import Namespace, ResourceDefinition
from ichor.resources.meta.describe import describe
from ichor.resources.registry import definitions

META = "meta"
OWNER = "api.Definitions"
NAMESPACES = {
    "cluster": "the node, its cluster and their members",
    "cluster-raw": "affiliates as each registry told of them",
    "config": "the configuration and what follows from it alone",
    "containers": "containers of the configuration",
    "controlplane": "the Kubernetes control plane",
    "cri": "the container runtime",
    "etcd": "etcd",
    "files": "files of the system",
    "hardware": "the hardware",
    "k8s": "the kubelet and this Kubernetes node",
    "kubespan": "the mesh between nodes",
    "meta": "types and namespaces",
    "network": "the network as it is wanted and as it is",
    "network-config": "the network as each layer wants it",
    "perf": "counters of the kernel",
    "runtime": "the machine: services, mounts, parameters, status",
    "secrets": "keys, certificates and tokens",
    "security": "which images are taken",
    "siderolink": "the management tunnel",
    "storage": "logical volumes and arrays",
}


def ensure(state: State, kind: Kind) -> None:
    """Make the definitions be there if that is what is asked for."""
    if kind.namespace != META or state.list(Kind(META, ResourceDefinition.definition.type)):
        return
    for name, description in NAMESPACES.items():
        state.create(resource(Namespace(description=description), name), OWNER)
    for found in definitions():
        state.create(describe(found), OWNER)
