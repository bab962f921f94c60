"""ConfigFiles: what the control plane's components read besides their secrets.

config/ActiveConfig ─► files/FileSpec below /system/config/kubernetes
files/FileStatus    ─► controlplane/ConfigStatus "static-pods" once all are on the disk
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.kube_admission_control import KubeAdmissionControlConfig
from ichor.config.documents.kube_audit_policy import KubeAuditPolicyConfig
from ichor.config.documents.kube_authentication import KubeAuthenticationConfig
from ichor.config.documents.kube_authorizer import KubeAuthorizerConfig
from ichor.config.documents.kube_scheduler import KubeSchedulerConfig
from ichor.config.secret import Object as Hidden
from ichor.config.secret import Secret
from ichor.controllers.files.written import all_written, digest
from ichor.controllers.k8s import apiserver, apiserver_files, scheduler
from ichor.cosi.controller import All, Get, Out, Output, Transform
from ichor.cosi.resource import Resource
from ichor.formats.jsonvalue import Object
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.files.file import FileSpec, FileStatus
from ichor.resources.k8s.controlplane import ConfigStatus
from ichor.resources.k8s.ids import CONFIG_STATUS_STATIC_POD_ID, CONTROL_PLANE_NAMESPACE_NAME

DIRECTORY = "/system/config/kubernetes"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, FileSpec]]:
    config = inputs.config.value
    if not config.is_control_plane or not config.has_kubernetes:
        return
    for name, content in apiserver_files.render(of_apiserver(config)).items():
        yield f"{apiserver.CONFIG}/{name}", file(content, apiserver.UID)
    document = config.one(KubeSchedulerConfig)
    content = scheduler.config_file(plain(document.config) if document else {})
    yield f"{scheduler.CONFIG}/scheduler-config.yaml", file(content, scheduler.UID)


def of_apiserver(config: Config) -> apiserver_files.Inputs:
    """Gather what the documents say; without a document the field's own default holds."""
    defaults = apiserver_files.Inputs()
    plugins = tuple(
        apiserver_files.Plugin(name=name, configuration=plain(each.configuration))
        for name, each in config.named(KubeAdmissionControlConfig).items()
    )
    authorizers = tuple(
        apiserver_files.Authorizer(name=name, type=each.type, webhook=plain(each.webhook))
        for name, each in config.named(KubeAuthorizerConfig).items()
    )
    audit = config.one(KubeAuditPolicyConfig)
    authentication = config.one(KubeAuthenticationConfig)
    return apiserver_files.Inputs(
        admission=plugins or defaults.admission,
        audit_policy=plain(audit.configuration) if audit else defaults.audit_policy,
        authorizers=authorizers or defaults.authorizers,
        authentication=plain(authentication.configuration) if authentication else None,
    )


def plain(hidden: Hidden | None) -> Object:
    """Take a document's free-form part as JSON values."""
    content: Object = json.loads(json.dumps(hidden.value())) if hidden else {}
    return content


def file(content: Object, uid: int) -> FileSpec:
    return FileSpec(content=Secret(json.dumps(content, indent=1)), uid=uid, gid=uid)


class StatusInputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Sequence[Resource[FileSpec]], All("files", ids=f"^{DIRECTORY}/")] = ()
    written: Annotated[Mapping[str, FileStatus], All("files", ids=f"^{DIRECTORY}/")] = {}


def status(inputs: StatusInputs) -> Iterator[Output]:
    if all_written(inputs.wanted, inputs.written):
        spec = ConfigStatus(ready=True, version=digest(inputs.wanted))
        yield Output(
            id=CONFIG_STATUS_STATIC_POD_ID, spec=spec, namespace=CONTROL_PLANE_NAMESPACE_NAME
        )


config_files = Transform(
    name="k8s.ConfigFiles", inputs=Inputs, outputs=[Out(FileSpec)], reconcile=reconcile
)
config_status = Transform(
    name="k8s.ConfigStatus",
    inputs=StatusInputs,
    outputs=[Out(ConfigStatus, CONTROL_PLANE_NAMESPACE_NAME)],
    reconcile=status,
)
