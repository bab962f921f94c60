"""Kubelet: what a kubelet needs to introduce itself, and the files that carry it.

    config/ActiveConfig ─► secrets/KubeletSecret "kubelet"
                           files/FileSpec /etc/kubernetes/pki/ca.crt, bootstrap-kubeconfig

The bootstrap token is good for asking for a certificate and for nothing else. The endpoint is
KubePrism where it is on, so that a kubelet outlives any one control plane.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.secret import Secret
from ichor.controllers.k8s.kubelet_args import BOOTSTRAP_KUBECONFIG
from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.fields import Certificate
from ichor.resources.files.file import FileSpec
from ichor.resources.secrets.ids import KUBELET_ID
from ichor.resources.secrets.os import KubeletSecret

CA = "/etc/kubernetes/pki/ca.crt"
LOCALHOST = "127.0.0.1"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    config = inputs.config.value
    ca, token = config.kubernetes_ca, config.bootstrap_token
    if ca is None or token is None or not config.has_kubernetes:
        return
    accepted = "".join(crt if crt.endswith("\n") else f"{crt}\n" for crt in ca.accepted)
    yield (
        KUBELET_ID,
        KubeletSecret(
            endpoint=endpoint(config),
            accepted_cas=tuple(Certificate(crt=crt.encode()) for crt in ca.accepted),
            bootstrap_token_id=token[0],
            bootstrap_token_secret=token[1].reveal(),
        ),
    )
    yield CA, FileSpec(content=Secret(accepted), mode=0o444)
    text = bootstrap_kubeconfig(endpoint(config), accepted, f"{token[0]}.{token[1].reveal()}")
    yield BOOTSTRAP_KUBECONFIG, FileSpec(content=Secret(text), mode=0o600)


def endpoint(config: Config) -> str:
    """Give the URL of the API as this node's kubelet should call it."""
    if config.kubeprism_port is not None:
        return f"https://{LOCALHOST}:{config.kubeprism_port}"
    return config.endpoint


def bootstrap_kubeconfig(server: str, ca: str, token: str) -> str:
    cluster = {"server": server, "certificate-authority-data": b64encode(ca.encode()).decode()}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": "kubelet", "user": {"token": token}}],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": "kubelet"}}],
            "current-context": "local",
        },
        indent=1,
    )


kubelet = Transform(
    name="secrets.Kubelet",
    inputs=Inputs,
    outputs=[Out(KubeletSecret), Out(FileSpec)],
    reconcile=reconcile,
)
