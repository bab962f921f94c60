"""The wish to begin a cluster here, and how this member of etcd begins."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec

BOOTSTRAP_ID = "bootstrap"
START_ID = "etcd"


class EtcdBootstrap(Spec, frozen=True, kw_only=True):
    """Asked for once, on exactly one control plane, by the API."""

    definition: ClassVar[Definition] = Definition(
        type="EtcdBootstraps.ichor.dev", namespace="etcd", aliases=("etcdbootstrap",)
    )
    recover_etcd: bool = False
    recover_skip_hash_check: bool = False


class EtcdStart(Spec, frozen=True, kw_only=True):
    """Decided once a boot: members as (name, peer URL) and state for an empty data directory.

    state is empty when the data directory knows.
    """

    definition: ClassVar[Definition] = Definition(
        type="EtcdStarts.ichor.dev",
        namespace="etcd",
        aliases=("etcdstart",),
        columns={"State": "{.state}", "Members": "{.members}"},
    )
    state: str = ""
    members: tuple[tuple[str, str], ...] = ()
