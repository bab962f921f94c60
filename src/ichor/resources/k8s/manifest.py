"""Manifests applied when a cluster is bootstrapped."""

from collections.abc import Mapping
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Inline, Object, Part


class SingleManifest(Part, frozen=True, kw_only=True):
    object: Inline[Object] = {}


class Manifest(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="Manifests.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("manifest",),
    )
    items: tuple[SingleManifest, ...] = ()


class ManifestStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ManifestStatuses.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("manifeststatus", "ms"),
    )
    manifests_applied: tuple[str, ...] = ()


class ExtraManifest(Part, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    url: str = ""
    priority: str = ""
    extra_headers: Mapping[str, str] = {}
    inline_manifest: str = ""


class ExtraManifestsConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ExtraManifestsConfigs.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("extramanifestsconfig", "emc", "emcs"),
    )
    extra_manifests: tuple[ExtraManifest, ...] = ()
