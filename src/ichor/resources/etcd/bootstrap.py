"""Bootstrap as a request: this node begins etcd's cluster, asked for once by the API.

    MachineService.Bootstrap ─► etcd/EtcdBootstrap "bootstrap" ─► controllers of etcd

It lives as long as the boot; a member that has data needs it no more.
"""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec

ID = "bootstrap"
NAMESPACE = "etcd"


class EtcdBootstrap(Spec, frozen=True, kw_only=True):
    """recover: begin from the snapshot that EtcdRecover left in /var/lib/etcd.snapshot."""

    definition: ClassVar[Definition] = Definition(
        type="EtcdBootstraps.ichor.dev",
        namespace=NAMESPACE,
        aliases=("etcdbootstrap",),
        columns={"Recover": "{.recover}"},
    )
    recover: bool = False
    skip_hash_check: bool = False
