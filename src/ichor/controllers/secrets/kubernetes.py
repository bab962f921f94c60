"""Kubernetes: certificates of the control plane, as the interface holds them.

    secrets/Certificate "k8s-*"  ─► secrets/KubernetesDynamicCert "k8s-dynamic-certs"
    secrets/KubernetesRootSecret ─► secrets/KubernetesSecret "k8s-certs" (kubeconfigs)

A kubeconfig names the API on loopback: what runs on a control plane uses the API server beside it.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.controllers.secrets.kubernetes_request import (
    ADMIN,
    API_SERVER,
    CONTROLLER_MANAGER,
    FRONT_PROXY,
    KUBELET_CLIENT,
    SCHEDULER,
)
from ichor.controllers.secrets.pair import pair
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.secrets.certificate import Certificate
from ichor.resources.secrets.ids import (
    KUBERNETES_DYNAMIC_CERTS_ID,
    KUBERNETES_ID,
    KUBERNETES_ROOT_ID,
)
from ichor.resources.secrets.kubernetes import (
    KubernetesDynamicCert,
    KubernetesRootSecret,
    KubernetesSecret,
)


class DynamicInputs(Struct, frozen=True, kw_only=True):
    api_server: Annotated[Certificate, Get("secrets", API_SERVER)]
    kubelet_client: Annotated[Certificate, Get("secrets", KUBELET_CLIENT)]
    front_proxy: Annotated[Certificate, Get("secrets", FRONT_PROXY)]


def dynamic(inputs: DynamicInputs) -> Iterator[tuple[str, KubernetesDynamicCert]]:
    yield (
        KUBERNETES_DYNAMIC_CERTS_ID,
        KubernetesDynamicCert(
            api_server=pair(inputs.api_server),
            api_server_kubelet_client=pair(inputs.kubelet_client),
            front_proxy=pair(inputs.front_proxy),
        ),
    )


class Inputs(Struct, frozen=True, kw_only=True):
    root: Annotated[KubernetesRootSecret, Get("secrets", KUBERNETES_ROOT_ID)]
    controller_manager: Annotated[Certificate, Get("secrets", CONTROLLER_MANAGER)]
    scheduler: Annotated[Certificate, Get("secrets", SCHEDULER)]
    admin: Annotated[Certificate, Get("secrets", ADMIN)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, KubernetesSecret]]:
    root = inputs.root
    local = root.local_endpoint
    yield (
        KUBERNETES_ID,
        KubernetesSecret(
            scheduler_kubeconfig=kubeconfig(root, local, inputs.scheduler),
            controller_manager_kubeconfig=kubeconfig(root, local, inputs.controller_manager),
            localhost_admin_kubeconfig=kubeconfig(root, local, inputs.admin),
            admin_kubeconfig=kubeconfig(root, root.endpoint, inputs.admin),
        ),
    )


def kubeconfig(root: KubernetesRootSecret, server: str, user: Certificate) -> str:
    """Give a kubeconfig as JSON, which is YAML."""
    ca = b"\n".join(accepted.crt for accepted in root.accepted_cas)
    name = f"{user.request.common_name}@{root.name}"
    cluster = {"server": server, "certificate-authority-data": b64encode(ca).decode()}
    credentials = {
        "client-certificate-data": b64encode(user.cert.encode()).decode(),
        "client-key-data": b64encode(user.key.reveal().encode()).decode(),
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": root.name, "cluster": cluster}],
            "users": [{"name": name, "user": credentials}],
            "contexts": [{"name": name, "context": {"cluster": root.name, "user": name}}],
            "current-context": name,
        },
        indent=1,
    )


kubernetes_dynamic = Transform(
    name="secrets.KubernetesDynamic",
    inputs=DynamicInputs,
    outputs=[Out(KubernetesDynamicCert)],
    reconcile=dynamic,
)
kubernetes = Transform(
    name="secrets.Kubernetes", inputs=Inputs, outputs=[Out(KubernetesSecret)], reconcile=reconcile
)
