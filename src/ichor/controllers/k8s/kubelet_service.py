"""KubeletService: the kubelet runs once its files are on the disk and the runtime answers.

k8s/KubeletSpec, BootstrapAccess            ─► files/FileSpec /etc/kubernetes/kubelet.yaml
files/FileStatus, runtime/Service "containerd" ─► runtime/ServiceSpec "kubelet", HealthCheck
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.config.secret import Secret
from ichor.controllers.k8s import kubelet_args, kubelet_container
from ichor.controllers.secrets.kubelet import CA
from ichor.cosi.controller import All, Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.formats.ocispec import Mount
from ichor.resources.files.file import FileSpec, FileStatus
from ichor.resources.k8s.bootstrap_access import ID as ACCESS_ID
from ichor.resources.k8s.bootstrap_access import BootstrapAccess
from ichor.resources.k8s.ids import KUBELET_ID
from ichor.resources.k8s.kubelet import KubeletSpec
from ichor.resources.runtime.host import ID as HOST_ID
from ichor.resources.runtime.host import HostFacts
from ichor.resources.runtime.service_spec import Image, ServiceSpec
from ichor.resources.runtime.service_status import HealthCheck, Http

ID = "kubelet"
NEEDED = (kubelet_args.CONFIG, kubelet_args.BOOTSTRAP_KUBECONFIG, CA)


class FileInputs(Struct, frozen=True, kw_only=True):
    spec: Annotated[KubeletSpec, Get("k8s", KUBELET_ID)]


def files(inputs: FileInputs) -> Iterator[tuple[str, FileSpec]]:
    text = json.dumps(inputs.spec.config, indent=1, sort_keys=True)
    yield kubelet_args.CONFIG, FileSpec(content=Secret(text), mode=0o600)


class Inputs(Struct, frozen=True, kw_only=True):
    spec: Annotated[KubeletSpec, Get("k8s", KUBELET_ID)]
    host: Annotated[HostFacts, Get("runtime", HOST_ID)]
    files: Annotated[Mapping[str, FileStatus], All("files", ids="^/etc/kubernetes/")] = {}
    access: Annotated[BootstrapAccess | None, Get("k8s", ACCESS_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    if not all(path in inputs.files for path in NEEDED) or not is_known(inputs):
        return
    spec = inputs.spec
    container = kubelet_container.render(
        spec.image,
        spec.args,
        log_path=f"/var/log/{ID}.log",
        extra_mounts=[
            Mount(
                destination=mount.destination,
                source=mount.source,
                type=mount.type or "bind",
                options=mount.options,
            )
            for mount in spec.extra_mounts
        ],
        restrict_oom=inputs.host.restricts_oom,
    )
    version = str(inputs.files[kubelet_args.CONFIG].spec_version)
    yield (
        ID,
        ServiceSpec(
            id=ID,
            program=Image(container=container),
            environment={"ICHOR_CONFIG_VERSION": version},
            log=ID,
            grace=timedelta(seconds=40),
        ),
    )
    yield (
        ID,
        HealthCheck(
            probe=Http(host="127.0.0.1", port=10248, path="/healthz"),
            initial=timedelta(milliseconds=500),
        ),
    )


def is_known(inputs: Inputs) -> bool:
    """Tell whether the kubelet has a certificate of ours, one of its own, or will get one."""
    return kubelet_args.KUBECONFIG in inputs.files or inputs.access is not None


kubelet_files = Transform(
    name="k8s.KubeletFiles", inputs=FileInputs, outputs=[Out(FileSpec)], reconcile=files
)
kubelet_service = Transform(
    name="k8s.KubeletService",
    inputs=Inputs,
    outputs=[Out(ServiceSpec), Out(HealthCheck)],
    reconcile=reconcile,
)
