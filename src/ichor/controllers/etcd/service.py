"""Service: etcd runs once it is settled how it begins and its certificates are on the disk.

    etcd/EtcdSpec, etcd/EtcdStart, files/FileStatus below /system/secrets/etcd
        ─► runtime/ServiceSpec "etcd", runtime/HealthCheck "etcd"

The health check reads through the quorum: a member that is alive alone is not healthy.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.controllers.etcd import args, container
from ichor.controllers.secrets.etcd import DIRECTORY
from ichor.cosi.controller import All, Get, Out, Transform
from ichor.cosi.resource import Spec
from ichor.resources.etcd.ids import SPEC_ID
from ichor.resources.etcd.member import EtcdSpec
from ichor.resources.etcd.start import START_ID, EtcdStart
from ichor.resources.files.file import FileStatus
from ichor.resources.runtime.service_spec import Image, ServiceSpec
from ichor.resources.runtime.service_status import EtcdRead, HealthCheck

ID = "etcd"
NEEDED = ("ca.crt", "server.crt", "server.key", "peer.crt", "peer.key", "admin.crt", "admin.key")
# The hard limit of a host that withholds CAP_SYS_RESOURCE may be lower than etcd's wish.
FILES = 20_000


class Inputs(Struct, frozen=True, kw_only=True):
    spec: Annotated[EtcdSpec, Get("etcd", SPEC_ID)]
    start: Annotated[EtcdStart, Get("etcd", START_ID)]
    files: Annotated[Mapping[str, FileStatus], All("files", ids=f"^{DIRECTORY}/")] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    if not all(f"{DIRECTORY}/{name}" in inputs.files for name in NEEDED):
        return
    spec, start = inputs.spec, inputs.start
    command = args.render(
        args.Inputs(
            name=spec.name,
            advertised_addresses=spec.advertised_addresses,
            listen_peer_addresses=spec.listen_peer_addresses,
            listen_client_addresses=spec.listen_client_addresses,
            initial=args.Initial(state=start.state, members=start.members) if start.state else None,
            extra_args={name: given.values for name, given in spec.extra_args.items()},
        )
    )
    program = container.render(spec.image, command, log_path=f"/var/log/{ID}.log", file_limit=FILES)
    yield (
        ID,
        ServiceSpec(id=ID, program=Image(container=program), log=ID, grace=timedelta(seconds=10)),
    )
    yield (
        ID,
        HealthCheck(
            probe=EtcdRead(
                endpoint="127.0.0.1:2379",
                ca=f"{DIRECTORY}/ca.crt",
                cert=f"{DIRECTORY}/admin.crt",
                key=f"{DIRECTORY}/admin.key",
            ),
            initial=timedelta(milliseconds=200),
            period=timedelta(seconds=20),
            timeout=timedelta(seconds=15),
        ),
    )


etcd_service = Transform(
    name="etcd.Service",
    inputs=Inputs,
    outputs=[Out(ServiceSpec), Out(HealthCheck)],
    reconcile=reconcile,
)
