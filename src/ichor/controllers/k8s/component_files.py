"""ComponentFiles: what kube-apiserver reads from its files, to be looked at.

config/ActiveConfig ─► controlplane/AdmissionControlConfig, AuditPolicyConfig,
                       AuthenticationConfig, AuthorizationConfig
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.controllers.k8s.config_files import of_apiserver
from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.apiserver_files import (
    AdmissionControlConfig,
    AdmissionPlugin,
    AuditPolicyConfig,
    AuthenticationConfig,
    AuthorizationAuthorizers,
    AuthorizationConfig,
)
from ichor.resources.k8s.ids import (
    ADMISSION_CONTROL_CONFIG_ID,
    AUDIT_POLICY_CONFIG_ID,
    AUTHENTICATION_CONFIG_ID,
    AUTHORIZATION_CONFIG_ID,
)


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    config = inputs.config.value
    if not config.is_control_plane or not config.has_kubernetes:
        return
    files = of_apiserver(config)
    plugins = tuple(
        AdmissionPlugin(name=one.name, configuration=one.configuration) for one in files.admission
    )
    authorizers = tuple(
        AuthorizationAuthorizers(type=one.type, name=one.name, webhook=one.webhook)
        for one in files.authorizers
    )
    yield ADMISSION_CONTROL_CONFIG_ID, AdmissionControlConfig(config=plugins)
    yield AUDIT_POLICY_CONFIG_ID, AuditPolicyConfig(config=files.audit_policy)
    yield AUTHORIZATION_CONFIG_ID, AuthorizationConfig(config=authorizers)
    if files.authentication is not None:
        yield AUTHENTICATION_CONFIG_ID, AuthenticationConfig(config=files.authentication)


component_files = Transform(
    name="k8s.ComponentFiles",
    inputs=Inputs,
    outputs=[
        Out(AdmissionControlConfig),
        Out(AuditPolicyConfig),
        Out(AuthenticationConfig),
        Out(AuthorizationConfig),
    ],
    reconcile=reconcile,
)
