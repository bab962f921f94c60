"""Bootstrap: one node begins etcd's cluster. Here it is checked and asked for; controllers do it.

Preconditions: Kubernetes is configured with etcd's CA, and there is no member's data yet.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path

from ichor.api.machine.table import unary, uploading
from ichor.cosi.resource import resource
from ichor.cosi.state import AlreadyExists, State, find, find_all
from ichor.errors import Conflict
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.block.disk import SystemDisk
from ichor.resources.block.provision import lives_in_memory
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.etcd.bootstrap import ID, EtcdBootstrap
from ichor.resources.runtime.installation import BootMedium
from ichor.resources.runtime.mount import MountStatus
from ichor.resources.time.ids import STATUS_ID
from ichor.resources.time.status import TimeStatus
from ichor.rpc.context import Context, Handler

OWNER = "api.Bootstrap"


class BootstrapService:
    """data: /var/lib/etcd. snapshot: where an uploaded one is kept."""

    def __init__(self, state: State, data: Path, snapshot: Path) -> None:
        self._state = state
        self._data = data
        self._snapshot = snapshot

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **unary("Bootstrap", pb.BootstrapRequest, pb.BootstrapResponse, self.bootstrap),
            **uploading("EtcdRecover", common_pb2.Data, pb.EtcdRecoverResponse, self.upload),
        }

    async def bootstrap(
        self, request: pb.BootstrapRequest, context: Context
    ) -> pb.BootstrapResponse:
        self._check(recover=request.recover_etcd)
        wanted = EtcdBootstrap(
            recover=request.recover_etcd, skip_hash_check=request.recover_skip_hash_check
        )
        try:
            self._state.create(resource(wanted, ID), OWNER)
        except AlreadyExists:
            raise AlreadyExists("bootstrap was asked for already") from None
        return pb.BootstrapResponse(messages=[pb.Bootstrap()])

    async def upload(
        self, pieces: AsyncIterator[common_pb2.Data], context: Context
    ) -> pb.EtcdRecoverResponse:
        """Keep a snapshot for the Bootstrap that follows; a broken upload leaves nothing."""
        self._check_place()
        fresh = self._snapshot.with_name(self._snapshot.name + ".part")
        try:
            with fresh.open("wb") as file:
                async for piece in pieces:
                    file.write(piece.bytes)
            fresh.replace(self._snapshot)
        finally:
            with suppress(FileNotFoundError):
                fresh.unlink()
        return pb.EtcdRecoverResponse(messages=[pb.EtcdRecover()])

    def _check_place(self) -> None:
        """Refuse what would be lost: PID 1 begins afresh on the disk, or a disk is installed to."""
        if find_all(self._state, BootMedium):
            raise Conflict("a boot medium runs here, the node is not installed yet: ask again")
        has_disk = bool(find_all(self._state, SystemDisk))
        mounts = {each.id: each.spec for each in find_all(self._state, MountStatus)}
        if lives_in_memory(mounts, has_disk=has_disk):
            raise Conflict("the node's volumes are not mounted yet: ask again")

    def _check(self, *, recover: bool) -> None:
        self._check_place()
        config = find(self._state, ActiveConfig, CONFIG_ID)
        if config is None or config.spec.value.etcd_ca is None:
            raise Conflict("etcd has no CA in the configuration")
        if self._data.is_dir() and any(self._data.iterdir()):
            raise AlreadyExists("etcd data directory is not empty")
        time = find(self._state, TimeStatus, STATUS_ID)
        if time is not None and not time.spec.synced:
            raise Conflict("time is not in sync yet")
        if recover and not self._snapshot.is_file():
            raise Conflict("no snapshot was uploaded: send it by EtcdRecover first")
