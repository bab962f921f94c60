"""How this member of etcd begins."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec

START_ID = "etcd"


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
