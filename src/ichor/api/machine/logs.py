"""Logs: of services from their files, of pods from what the runtime writes, of machined itself.

| namespace, driver | id | where |
|---|---|---|
| system | `machined`, `controller-runtime` | memory (api.ring) |
| system | a service | /var/log/<id>.log, and the rotated one before |
| k8s.io, CRI | `namespace/pod:container[:id]` | /var/log/pods/<ns>_<pod>_<uid>/<container>/ |

Dmesg of a node in a container is its own log: the kernel's ring belongs to the host.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from google.protobuf.empty_pb2 import Empty

from ichor.api.dmesg import Dmesg
from ichor.api.machine.table import streaming, unary
from ichor.api.machine.tail import ALL, Changes, tail
from ichor.api.ring import LogRing
from ichor.cosi.state import State, find
from ichor.errors import InputError, NotFound
from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.runtime.service_status import ServiceStatus
from ichor.rpc.context import Context, Handler

SYSTEM = "system"
KUBERNETES = "k8s.io"
OWN = ("machined", "controller-runtime")


class LogService:
    """directory: /var/log. changes: tells when something in a directory changes."""

    def __init__(
        self,
        state: State,
        ring: LogRing,
        directory: Path,
        changes: Changes,
        dmesg: Dmesg,
    ) -> None:
        self._state = state
        self._ring = ring
        self._directory = directory
        self._changes = changes
        self._dmesg = dmesg

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **streaming("Logs", pb.LogsRequest, common_pb2.Data, self.logs),
            **unary("LogsContainers", Empty, pb.LogsContainersResponse, self.containers),
            **streaming("Dmesg", pb.DmesgRequest, common_pb2.Data, self.dmesg),
        }

    async def logs(
        self, request: pb.LogsRequest, context: Context
    ) -> AsyncIterator[common_pb2.Data]:
        lines, follow = request.tail_lines, request.follow
        if request.namespace == KUBERNETES or request.driver == common_pb2.CRI:
            path = self._of_pod(request.id)
            pieces = tail(path, lines, follow=follow, changes=self._changes, rotated="")
        elif request.id in OWN:
            pieces = self._own(lines, follow=follow)
        else:
            path = self._of_service(request.id)
            pieces = tail(path, lines, follow=follow, changes=self._changes)
        context.send_initial_metadata()
        async for piece in pieces:
            yield common_pb2.Data(bytes=piece)

    async def containers(self, request: Empty, context: Context) -> pb.LogsContainersResponse:
        found = sorted({*OWN, *(path.stem for path in self._directory.glob("*.log"))})
        return pb.LogsContainersResponse(messages=[pb.LogsContainer(ids=found)])

    async def dmesg(
        self, request: pb.DmesgRequest, context: Context
    ) -> AsyncIterator[common_pb2.Data]:
        context.send_initial_metadata()
        lines = self._dmesg.lines(follow=request.follow, tail=request.tail)
        async for line in lines:
            yield common_pb2.Data(bytes=line.encode())

    def _of_service(self, id: str) -> Path:
        path = self._directory / f"{id}.log"
        if not id or "/" in id or path.is_symlink():
            raise NotFound(f"no log of {id!r}")
        if not path.exists():
            if find(self._state, ServiceStatus, id) is None:
                raise NotFound(f"no log of {id!r}")
            path.touch(mode=0o640)  # it has not said anything yet; a follower waits here
        return path

    def _of_pod(self, id: str) -> Path:
        """Give the newest log file of a pod's container."""
        pod, _, rest = id.partition(":")
        namespace, slash, name = pod.partition("/")
        container = rest.partition(":")[0]
        if not slash or not container or "/" in name + container or ".." in (name, container):
            raise InputError(f"{id!r} names no container: expected namespace/pod:container")
        pods = self._directory / "pods"
        folders = [path for path in pods.glob("*") if path.name.startswith(f"{namespace}_{name}_")]
        files = [file for folder in folders for file in (folder / container).glob("*.log")]
        if not files:
            raise NotFound(f"no log of {id!r}")
        return max(files, key=lambda file: file.stat().st_mtime)

    async def _own(self, lines: int, *, follow: bool) -> AsyncIterator[bytes]:
        present = self._ring.since()
        last = self._ring.last
        shown = present if lines <= ALL else present[len(present) - min(lines, len(present)) :]
        yield "".join(f"{line.text}\n" for line in shown).encode()
        if follow:
            async for line in self._ring.follow(last):
                yield f"{line.text}\n".encode()
