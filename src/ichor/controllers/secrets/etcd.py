"""Etcd: the CA of etcd, the certificates of this member, and the files it reads.

    config/ActiveConfig               ─► secrets/EtcdRootSecret, secrets/Authority "etcd"
    hostname, addresses               ─► secrets/CertificateRequest "etcd-*"
    secrets/Certificate "etcd-*"      ─► secrets/EtcdSecret "etcd", files below /system/secrets/etcd

Server and peer certificates carry both usages, since members are each other's clients. They live
for ten years and are made anew when names, addresses or the CA change.
"""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_interface
from typing import Annotated

from msgspec import Struct

from ichor.config.secret import Secret
from ichor.controllers.secrets.pair import key_files, pair
from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.fields import CertificateAndKey
from ichor.resources.files.file import FileSpec
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID, NODE_ADDRESS_ROUTED_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.certificate import (
    Authority,
    Certificate,
    CertificateRequest,
    Issuer,
    Usage,
)
from ichor.resources.secrets.etcd import EtcdRootSecret, EtcdSecret
from ichor.resources.secrets.ids import ETCD_ID, ETCD_ROOT_ID

SERVER, PEER, ADMIN, API_SERVER = "etcd-server", "etcd-peer", "etcd-admin", "etcd-api-server"
DIRECTORY = "/system/secrets/etcd"
UID = 60
LIFETIME = timedelta(days=3650)


class RootInputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def root(inputs: RootInputs) -> Iterator[tuple[str, Spec]]:
    ca = inputs.config.value.etcd_ca
    if ca is not None and ca.key:
        both = CertificateAndKey(crt=ca.certificate.encode(), key=ca.key.reveal().encode())
        yield ETCD_ROOT_ID, EtcdRootSecret(etcd_ca=both)
        yield Issuer.ETCD.value, Authority(cert=ca.certificate, key=ca.key)


class RequestInputs(Struct, frozen=True, kw_only=True):
    root: Annotated[EtcdRootSecret, Get("secrets", ETCD_ROOT_ID)]
    hostname: Annotated[HostnameStatus, Get("network", HOSTNAME_ID)]
    addresses: Annotated[NodeAddress, Get("network", NODE_ADDRESS_ROUTED_ID)]


def request(inputs: RequestInputs) -> Iterator[tuple[str, CertificateRequest]]:
    own = {str(ip_interface(prefix).ip) for prefix in inputs.addresses.addresses}
    if not own:
        return
    host = inputs.hostname.hostname
    member = CertificateRequest(
        issuer=Issuer.ETCD,
        common_name=host,
        dns_names=tuple(sorted({"localhost", host})),
        ips=tuple(sorted({"127.0.0.1", "::1", *own})),
        usages=(Usage.SERVER, Usage.CLIENT),
        lifetime=LIFETIME,
    )
    yield SERVER, member
    yield PEER, member
    yield ADMIN, client("talos")
    yield API_SERVER, client("kube-apiserver")


def client(name: str) -> CertificateRequest:
    return CertificateRequest(
        issuer=Issuer.ETCD, common_name=name, usages=(Usage.CLIENT,), lifetime=LIFETIME
    )


class Inputs(Struct, frozen=True, kw_only=True):
    root: Annotated[EtcdRootSecret, Get("secrets", ETCD_ROOT_ID)]
    server: Annotated[Certificate, Get("secrets", SERVER)]
    peer: Annotated[Certificate, Get("secrets", PEER)]
    admin: Annotated[Certificate, Get("secrets", ADMIN)]
    api_server: Annotated[Certificate, Get("secrets", API_SERVER)]


def assemble(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    yield (
        ETCD_ID,
        EtcdSecret(
            etcd=pair(inputs.server),
            etcd_peer=pair(inputs.peer),
            etcd_admin=pair(inputs.admin),
            etcd_api_server=pair(inputs.api_server),
        ),
    )
    ca = Secret(inputs.root.etcd_ca.crt.decode())
    yield f"{DIRECTORY}/ca.crt", FileSpec(content=ca, uid=UID, gid=UID)
    for name, certificate in (
        ("server", inputs.server),
        ("peer", inputs.peer),
        ("admin", inputs.admin),
    ):
        yield from key_files(f"{DIRECTORY}/{name}", certificate, UID)


etcd_root = Transform(
    name="secrets.EtcdRoot",
    inputs=RootInputs,
    outputs=[Out(EtcdRootSecret), Out(Authority)],
    reconcile=root,
)
etcd_request = Transform(
    name="secrets.EtcdRequest",
    inputs=RequestInputs,
    outputs=[Out(CertificateRequest)],
    reconcile=request,
)
etcd = Transform(
    name="secrets.Etcd",
    inputs=Inputs,
    outputs=[Out(EtcdSecret), Out(FileSpec)],
    reconcile=assemble,
)
