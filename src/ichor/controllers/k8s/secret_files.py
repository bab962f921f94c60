"""SecretFiles: certificates and keys where the control plane's components read them.

    secrets/KubernetesRootSecret, KubernetesDynamicCert, KubernetesSecret, EtcdSecret
        ─► files/FileSpec below /system/secrets/kubernetes
    files/FileStatus ─► controlplane/SecretStatus "static-pods" once all of them are on the disk

Each component's directory is its own user's alone. The version in the status is a digest of what
is read only at a start, so that a pod is replaced exactly when it would not notice by itself. What
its reader looks at again (RELOADED) may be renewed at any time, and the status stays meanwhile:
without it the pods would be taken away. kube-apiserver watches its own certificates, those it shows
others, and the CAs of clients; in a kubeconfig, client-go reads again what stands in files, so
certificates stand beside it.
"""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.config.secret import Secret
from ichor.controllers.files.written import all_written, digest
from ichor.controllers.k8s import apiserver, apiserver_files, controller_manager, scheduler
from ichor.cosi.controller import All, Get, Out, Output, Transform
from ichor.cosi.resource import Resource
from ichor.formats.jsonvalue import Object
from ichor.pki.public import public_pem
from ichor.resources.fields import Certificate, CertificateAndKey
from ichor.resources.files.file import FileSpec, FileStatus
from ichor.resources.k8s.controlplane import SecretStatus
from ichor.resources.k8s.ids import CONTROL_PLANE_NAMESPACE_NAME
from ichor.resources.secrets.etcd import EtcdRootSecret, EtcdSecret
from ichor.resources.secrets.ids import (
    ETCD_ID,
    ETCD_ROOT_ID,
    KUBERNETES_DYNAMIC_CERTS_ID,
    KUBERNETES_ID,
    KUBERNETES_ROOT_ID,
)
from ichor.resources.secrets.kubernetes import (
    KubernetesDynamicCert,
    KubernetesRootSecret,
    KubernetesSecret,
)

DIRECTORY = "/system/secrets/kubernetes"
STATIC_PODS = "static-pods"
RELOADED = frozenset(
    f"{directory}/{stem}{end}"
    for directory, stem in (
        *(
            (apiserver.SECRETS, stem)
            for stem in (
                "aggregator-ca",
                "apiserver",
                "apiserver-kubelet-client",
                "ca",
                "etcd-client",
                "front-proxy-client",
            )
        ),
        (controller_manager.SECRETS, "client"),
        (scheduler.SECRETS, "client"),
    )
    for end in (".crt", ".key")
)


class Inputs(Struct, frozen=True, kw_only=True):
    root: Annotated[KubernetesRootSecret, Get("secrets", KUBERNETES_ROOT_ID)]
    dynamic: Annotated[KubernetesDynamicCert, Get("secrets", KUBERNETES_DYNAMIC_CERTS_ID)]
    secrets: Annotated[KubernetesSecret, Get("secrets", KUBERNETES_ID)]
    etcd_root: Annotated[EtcdRootSecret, Get("secrets", ETCD_ROOT_ID)]
    etcd: Annotated[EtcdSecret, Get("secrets", ETCD_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, FileSpec]]:
    root = inputs.root
    account = root.service_account.key.decode()
    yield from files(
        apiserver.SECRETS,
        apiserver.UID,
        {
            "ca.crt": bundle(root.accepted_cas),
            "aggregator-ca.crt": bundle(root.accepted_aggregator_cas),
            "encryptionconfig.yaml": encryption(root.etcd_encryption_config),
            "etcd-client-ca.crt": inputs.etcd_root.etcd_ca.crt.decode(),
            "service-account.key": account,
            "service-account.pub": public_keys(root),
            **both("etcd-client", inputs.etcd.etcd_api_server),
            **both("apiserver", inputs.dynamic.api_server),
            **both("apiserver-kubelet-client", inputs.dynamic.api_server_kubelet_client),
            **both("front-proxy-client", inputs.dynamic.front_proxy),
        },
    )
    yield from files(
        controller_manager.SECRETS,
        controller_manager.UID,
        {
            **both("ca", root.issuing_ca),
            **beside(controller_manager.SECRETS, inputs.secrets.controller_manager_kubeconfig),
            "service-account.key": account,
        },
    )
    yield from files(
        scheduler.SECRETS,
        scheduler.UID,
        beside(scheduler.SECRETS, inputs.secrets.scheduler_kubeconfig),
    )


def files(directory: str, uid: int, contents: Mapping[str, str]) -> Iterator[tuple[str, FileSpec]]:
    for name, content in contents.items():
        yield f"{directory}/{name}", FileSpec(content=Secret(content), uid=uid, gid=uid)


def beside(directory: str, kubeconfig: str) -> Mapping[str, str]:
    """Give a kubeconfig of ours with its certificate and key in files beside it."""
    document = json.loads(kubeconfig)
    (user,) = document["users"]
    held, names = user["user"], {"client-certificate": "client.crt", "client-key": "client.key"}
    user["user"] = {key: f"{directory}/{name}" for key, name in names.items()}
    written = {name: b64decode(held[f"{key}-data"]).decode() for key, name in names.items()}
    return {"kubeconfig": json.dumps(document, indent=1), **written}


def both(stem: str, pair: CertificateAndKey) -> Mapping[str, str]:
    return {f"{stem}.crt": pair.crt.decode(), f"{stem}.key": pair.key.decode()}


def bundle(certificates: Sequence[Certificate]) -> str:
    return "".join(certificate.crt.decode().rstrip("\n") + "\n" for certificate in certificates)


def public_keys(root: KubernetesRootSecret) -> str:
    """Give the keys whose tokens are accepted: ours first, then those of a rotation."""
    own = public_pem(root.service_account.key.decode())
    others = (accepted.key.decode() for accepted in root.service_account_accepted_keys)
    return "".join((own, *others))


def encryption(config: Mapping[str, object]) -> str:
    document: Object = json.loads(json.dumps(config))
    return json.dumps(apiserver_files.encryption(document), indent=1)


class StatusInputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Sequence[Resource[FileSpec]], All("files", ids=f"^{DIRECTORY}/")] = ()
    written: Annotated[Mapping[str, FileStatus], All("files", ids=f"^{DIRECTORY}/")] = {}


def status(inputs: StatusInputs) -> Iterator[Output]:
    """Say that all is written, once it is."""
    kept = [one for one in inputs.wanted if one.id not in RELOADED]
    is_there = all(one.id in inputs.written for one in inputs.wanted)
    if is_there and all_written(kept, inputs.written):
        spec = SecretStatus(ready=True, version=digest(kept))
        yield Output(id=STATIC_PODS, spec=spec, namespace=CONTROL_PLANE_NAMESPACE_NAME)


secret_files = Transform(
    name="k8s.SecretFiles", inputs=Inputs, outputs=[Out(FileSpec)], reconcile=reconcile
)
secret_status = Transform(
    name="k8s.SecretStatus",
    inputs=StatusInputs,
    outputs=[Out(SecretStatus, CONTROL_PLANE_NAMESPACE_NAME)],
    reconcile=status,
)
