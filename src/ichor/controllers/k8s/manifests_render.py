"""Manifests: what a new cluster gets besides its control plane, one resource for each id.

config/ActiveConfig, runtime/HostFacts ─► controlplane/Manifest "00-kubelet-bootstrapping-token"...
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.kube_coredns import KubeCoreDNSConfig
from ichor.config.documents.kube_inline_manifest import KubeInlineManifestConfig
from ichor.config.documents.kube_prism import KubePrismConfig
from ichor.config.documents.kube_proxy import KubeProxyConfig
from ichor.config.versions import image
from ichor.controllers.k8s import manifest_access, manifest_dns, manifest_proxy, manifests
from ichor.controllers.k8s.config_files import plain
from ichor.controllers.k8s.control_plane import lists, resources
from ichor.controllers.k8s.kubelet_config import dns_addresses
from ichor.cosi.controller import Get, Out, Transform
from ichor.formats.jsonvalue import Object
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.manifest import Manifest, SingleManifest
from ichor.resources.runtime.host import ID as HOST_ID
from ichor.resources.runtime.host import HostFacts

INLINE = "99-inline"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    host: Annotated[HostFacts, Get("runtime", HOST_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Manifest]]:
    config = inputs.config.value
    token = config.bootstrap_token
    if not config.is_control_plane or not config.has_kubernetes or token is None:
        return
    rendered = manifests.render(
        manifests.Inputs(
            server=server(config),
            bootstrap_token=manifest_access.Token(id=token[0], secret=token[1].reveal()),
            proxy=proxy(config, restrict_oom=inputs.host.restricts_oom),
            dns=dns(config),
        )
    )
    for id, objects in (*rendered.items(), *inline(config).items()):
        yield id, Manifest(items=tuple(SingleManifest(object=each) for each in objects))


def server(config: Config) -> str:
    """Give the URL of the API as a pod on a host's network sees it."""
    prism = config.one(KubePrismConfig)
    return f"https://127.0.0.1:{prism.port}" if prism else config.endpoint


def proxy(config: Config, *, restrict_oom: bool) -> manifest_proxy.Inputs | None:
    document = config.one(KubeProxyConfig)
    if document is None or not document.enabled:
        return None
    return manifest_proxy.Inputs(
        image=document.image or image("kube-proxy", config.image_source),
        pod_cidrs=config.network.pod_subnets,
        mode=document.mode,
        config=plain(document.config),
        extra_args=lists(document.extra_args),
        resources=resources(document.resources),
        restrict_oom=restrict_oom,
    )


def dns(config: Config) -> manifest_dns.Inputs | None:
    document = config.one(KubeCoreDNSConfig)
    if document is None or not document.enabled:
        return None
    return manifest_dns.Inputs(
        image=document.image or image("coredns", config.image_source),
        service_ips=dns_addresses(config.network.service_subnets),
        domain=config.network.dns_domain,
    )


def inline(config: Config) -> Mapping[str, tuple[Object, ...]]:
    """Give the user's own, after ours."""
    found: dict[str, tuple[Object, ...]] = {}
    for name, document in config.named(KubeInlineManifestConfig).items():
        found[f"{INLINE}-{name}"] = tuple(json.loads(json.dumps(document.objects)))
    return found


manifests_render = Transform(
    name="k8s.Manifests", inputs=Inputs, outputs=[Out(Manifest)], reconcile=reconcile
)
