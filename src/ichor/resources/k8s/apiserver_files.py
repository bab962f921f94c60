"""Files that kube-apiserver reads: admission, audit, authentication, authorization."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Object, Part


class AdmissionPlugin(Part, frozen=True, kw_only=True):
    name: str = ""
    configuration: Object = {}


class AdmissionControlConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="AdmissionControlConfigs.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("admissioncontrolconfig", "acc", "accs"),
    )
    config: tuple[AdmissionPlugin, ...] = ()


class AuditPolicyConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="AuditPolicyConfigs.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("auditpolicyconfig", "apc", "apcs"),
        sensitive=True,
    )
    config: Object = {}


class AuthenticationConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="AuthenticationConfigs.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("authenticationconfig", "ac", "acs"),
        sensitive=True,
    )
    config: Object = {}


class AuthorizationAuthorizers(Part, frozen=True, kw_only=True):
    type: str = ""
    name: str = ""
    webhook: Object = {}


class AuthorizationConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="AuthorizationConfigs.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("authorizationconfig", "ac", "acs"),
        sensitive=True,
    )
    image: str = ""
    config: tuple[AuthorizationAuthorizers, ...] = ()


class EtcdEncryptionConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="EtcdEncryptionConfigs.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("etcdencryptionconfig", "eec", "eecs"),
        sensitive=True,
    )
    configuration: str = ""
