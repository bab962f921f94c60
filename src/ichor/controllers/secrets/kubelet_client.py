"""KubeletClient: a control plane vouches for its own kubelet.

    k8s/Nodename, secrets/KubernetesRootSecret ─► secrets/CertificateRequest "k8s-kubelet"
    secrets/Certificate "k8s-kubelet"          ─► files/FileSpec /etc/kubernetes/kubeconfig-kubelet

The kubelet of a control plane starts the very API server it would have to ask, and after a refusal
it pauses for ten seconds and more. So its first certificate is ours; it takes it from the
kubeconfig, asks the cluster for the next at once, and from then on goes by those in its own store.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.secret import Secret
from ichor.controllers.k8s.kubelet_args import KUBECONFIG
from ichor.controllers.secrets.kubelet import endpoint
from ichor.controllers.secrets.kubernetes import kubeconfig
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.files.file import FileSpec
from ichor.resources.k8s.ids import NODENAME_ID
from ichor.resources.k8s.node import Nodename
from ichor.resources.secrets.certificate import Certificate, CertificateRequest, Issuer, Usage
from ichor.resources.secrets.ids import KUBERNETES_ROOT_ID
from ichor.resources.secrets.kubernetes import KubernetesRootSecret

KUBELET = "k8s-kubelet"
NODES = "system:nodes"


class RequestInputs(Struct, frozen=True, kw_only=True):
    root: Annotated[KubernetesRootSecret, Get("secrets", KUBERNETES_ROOT_ID)]
    nodename: Annotated[Nodename, Get("k8s", NODENAME_ID)]


def request(inputs: RequestInputs) -> Iterator[tuple[str, CertificateRequest]]:
    if inputs.nodename.nodename and not inputs.nodename.skip_node_registration:
        yield (
            KUBELET,
            CertificateRequest(
                issuer=Issuer.KUBERNETES,
                common_name=f"system:node:{inputs.nodename.nodename}",
                organizations=(NODES,),
                usages=(Usage.CLIENT,),
            ),
        )


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    root: Annotated[KubernetesRootSecret, Get("secrets", KUBERNETES_ROOT_ID)]
    certificate: Annotated[Certificate, Get("secrets", KUBELET)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, FileSpec]]:
    text = kubeconfig(inputs.root, endpoint(inputs.config.value), inputs.certificate)
    yield KUBECONFIG, FileSpec(content=Secret(text), mode=0o600)


kubelet_client_request = Transform(
    name="secrets.KubeletClientRequest",
    inputs=RequestInputs,
    outputs=[Out(CertificateRequest)],
    reconcile=request,
)
kubelet_client = Transform(
    name="secrets.KubeletClient", inputs=Inputs, outputs=[Out(FileSpec)], reconcile=reconcile
)
