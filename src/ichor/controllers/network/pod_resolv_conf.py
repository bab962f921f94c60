"""PodResolvConf: the resolver file the kubelet gives to pods that use the node's own DNS.

    network/HostDNSConfig "config"  ─┐
    network/ResolverStatus          ─┴─► files/FileSpec "/system/resolved/resolv.conf"

Never 127.0.0.53: in a pod that is the pod. The file is there as soon as there is a configuration,
empty if need be, because a kubelet whose resolvConf is missing starts no pod.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.config.secret import Secret
from ichor.controllers.network.etc_files import resolv_conf
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.files.file import FileSpec
from ichor.resources.network.hostdns import HostDNSConfig
from ichor.resources.network.ids import HOST_DNS_CONFIG_ID, RESOLVER_ID
from ichor.resources.network.resolver import ResolverStatus

DIRECTORY = "/system/resolved"


class Inputs(Struct, frozen=True, kw_only=True):
    host_dns: Annotated[HostDNSConfig, Get("network", HOST_DNS_CONFIG_ID)]
    resolvers: Annotated[ResolverStatus | None, Get("network", RESOLVER_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, FileSpec]]:
    own = inputs.host_dns
    services = tuple(filter(None, (own.service_host_dns_address, own.service_host_dns_address_v6)))
    resolvers = inputs.resolvers or ResolverStatus()
    if services:
        resolvers = replace(resolvers, dns_servers=services)
    content = Secret(resolv_conf(resolvers))
    yield f"{DIRECTORY}/resolv.conf", FileSpec(content=content, mode=0o644)


pod_resolv_conf = Transform(
    name="network.PodResolvConf", inputs=Inputs, outputs=[Out(FileSpec)], reconcile=reconcile
)
