"""containerd's containers: the adapter of `ports.containers.Containers`.

    image config -> chain id -> snapshot -> container (spec) -> task: created, waited for, started

A lease protects the snapshot until a container refers to it. Standard output and error both go to
one file by a file:// URL; standard error must be named too, since the shim dies of an empty one.
A name has one life at a time: start() removes what is left of the one before.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import TypeVar

from google.protobuf.any_pb2 import Any
from google.protobuf.empty_pb2 import Empty

from ichor.errors import Conflict, NotFound, TransientError
from ichor.formats import ocispec
from ichor.formats.jsonvalue import Object, encode
from ichor.formats.ociimage import chain_id
from ichor.formats.ocispec import Container, ImageConfig
from ichor.log import fields, logger
from ichor.peers.calling import Caller, translated
from ichor.peers.capability import bounding
from ichor.peers.containerd_images import ContainerdImages
from ichor.peers.containerd_transfer import SNAPSHOTTER
from ichor.ports.containers import Event, Exit, Running
from ichor.proto.containerd import (
    containers_pb2,
    event_payloads_pb2,
    events_pb2,
    leases_pb2,
    snapshots_pb2,
    tasks_pb2,
    types_pb2,
    types_task_pb2,
    version_pb2,
)
from ichor.rpc.client import Channel
from ichor.rpc.method import Method

log = logger(__name__)
RUNTIME = "io.containerd.runc.v2"
_SIGTERM, _SIGKILL = 15, 9
_RETRY_S = 0.5
_T = TypeVar("_T")

_SERVICES = "/containerd.services."
_VERSION = Method(f"{_SERVICES}version.v1.Version/Version", Empty, version_pb2.VersionResponse)
_LEASE = Method(
    f"{_SERVICES}leases.v1.Leases/Create", leases_pb2.CreateRequest, leases_pb2.CreateResponse
)
_UNLEASE = Method(f"{_SERVICES}leases.v1.Leases/Delete", leases_pb2.DeleteRequest, Empty)
_PREPARE = Method(
    f"{_SERVICES}snapshots.v1.Snapshots/Prepare",
    snapshots_pb2.PrepareSnapshotRequest,
    snapshots_pb2.PrepareSnapshotResponse,
)
_DROP = Method(
    f"{_SERVICES}snapshots.v1.Snapshots/Remove", snapshots_pb2.RemoveSnapshotRequest, Empty
)
_CREATE = Method(
    f"{_SERVICES}containers.v1.Containers/Create",
    containers_pb2.CreateContainerRequest,
    containers_pb2.CreateContainerResponse,
)
_LIST = Method(
    f"{_SERVICES}containers.v1.Containers/List",
    containers_pb2.ListContainersRequest,
    containers_pb2.ListContainersResponse,
)
_DELETE = Method(
    f"{_SERVICES}containers.v1.Containers/Delete", containers_pb2.DeleteContainerRequest, Empty
)
_TASKS = f"{_SERVICES}tasks.v1.Tasks/"
_TASK = Method(f"{_TASKS}Create", tasks_pb2.CreateTaskRequest, tasks_pb2.CreateTaskResponse)
_START = Method(f"{_TASKS}Start", tasks_pb2.StartRequest, tasks_pb2.StartResponse)
_WAIT = Method(f"{_TASKS}Wait", tasks_pb2.WaitRequest, tasks_pb2.WaitResponse)
_KILL = Method(f"{_TASKS}Kill", tasks_pb2.KillRequest, Empty)
_END = Method(f"{_TASKS}Delete", tasks_pb2.DeleteTaskRequest, tasks_pb2.DeleteResponse)
_TASK_LIST = Method(f"{_TASKS}List", tasks_pb2.ListTasksRequest, tasks_pb2.ListTasksResponse)
_EVENTS = Method(
    f"{_SERVICES}events.v1.Events/Subscribe",
    events_pb2.SubscribeRequest,
    types_pb2.Envelope,
    server_streaming=True,
)


class ContainerdContainers:
    """The containers of one namespace.

    hosts_dir: how registries are asked for images that are missing; empty to ask none.
    """

    def __init__(self, channel: Channel, namespace: str, *, hosts_dir: str = "") -> None:
        self._caller = Caller(channel, metadata=(("containerd-namespace", namespace),))
        self._namespace = namespace
        self._images = ContainerdImages(channel, namespace)
        self._hosts_dir = hosts_dir
        self._exits: dict[str, asyncio.Task[Exit]] = {}

    async def version(self) -> str:
        """Ask for the version: the cheapest sign of life."""
        return (await self._caller.call(_VERSION, Empty(), timeout_s=5)).version

    async def start(self, container: Container) -> int:
        await self.remove(container.id)
        image = await self._image(container.image)
        lease = f"ichor-{container.id}"
        await self._ignoring(
            Conflict, self._caller.call(_LEASE, leases_pb2.CreateRequest(id=lease))
        )
        try:
            mounts = await self._prepare(container, chain_id(image.diff_ids), lease)
            await self._create(container, ocispec.render(container, image, bounding()))
        finally:
            await self._unlease(lease)
        return await self._run(container, mounts)

    async def _image(self, name: str) -> ImageConfig:
        try:
            return await self._images.config(name)
        except NotFound:
            if not self._hosts_dir:
                raise
            log.info("pulling an image", extra=fields(image=name))
        await self._images.pull(name, hosts_dir=self._hosts_dir)
        return await self._images.config(name)

    async def wait(self, container_id: str) -> Exit:
        waiting = self._exits.get(container_id)
        if waiting is None:
            waiting = self._await_exit(container_id)
        return await asyncio.shield(waiting)

    async def kill(self, container_id: str, signal: int) -> None:
        request = tasks_pb2.KillRequest(container_id=container_id, signal=signal, all=True)
        await self._ignoring(NotFound, self._caller.call(_KILL, request))

    async def stop(self, container_id: str, *, grace_s: float) -> Exit | None:
        if await self._task(container_id) is None:
            return None
        await self.kill(container_id, _SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                return await self.wait(container_id)
        except TimeoutError:
            await self.kill(container_id, _SIGKILL)
            return await self.wait(container_id)

    async def remove(self, container_id: str) -> None:
        await self._end_task(container_id)
        waiting = self._exits.pop(container_id, None)
        if waiting is not None:
            waiting.cancel()
        gone = containers_pb2.DeleteContainerRequest(id=container_id)
        await self._ignoring(NotFound, self._caller.call(_DELETE, gone))
        snapshot = snapshots_pb2.RemoveSnapshotRequest(snapshotter=SNAPSHOTTER, key=container_id)
        await self._ignoring(NotFound, self._caller.call(_DROP, snapshot))
        await self._unlease(f"ichor-{container_id}")

    async def list(self) -> tuple[Running, ...]:
        containers = await self._caller.call(_LIST, containers_pb2.ListContainersRequest())
        tasks = {task.id: task for task in await self._tasks()}
        return tuple(_running(item, tasks.get(item.id)) for item in containers.containers)

    async def events(self) -> AsyncIterator[Event]:
        request = events_pb2.SubscribeRequest(filters=[f"namespace=={self._namespace}"])
        with translated(_EVENTS.path):
            async with self._caller.stream(_EVENTS) as stream:
                await stream.send(request)
                await stream.done()
                async for envelope in stream:
                    yield _event(envelope)
        raise TransientError("containerd ended the event stream")

    async def _prepare(
        self, container: Container, parent: str, lease: str
    ) -> Sequence[types_pb2.Mount]:
        request = snapshots_pb2.PrepareSnapshotRequest(
            snapshotter=SNAPSHOTTER, key=container.id, parent=parent
        )
        held = (("containerd-lease", lease),)
        return (await self._caller.call(_PREPARE, request, metadata=held)).mounts

    async def _create(self, container: Container, spec: Object) -> None:
        request = containers_pb2.CreateContainerRequest(
            container=containers_pb2.Container(
                id=container.id,
                labels=dict(container.labels),
                image=container.image,
                runtime=containers_pb2.Container.Runtime(name=RUNTIME),
                spec=Any(type_url=ocispec.TYPE_URL, value=encode(spec)),
                snapshotter=SNAPSHOTTER,
                snapshot_key=container.id,
            )
        )
        await self._caller.call(_CREATE, request)

    async def _run(self, container: Container, mounts: Sequence[types_pb2.Mount]) -> int:
        stdout, stderr = outputs(container.log_path)
        request = tasks_pb2.CreateTaskRequest(
            container_id=container.id, rootfs=mounts, stdout=stdout, stderr=stderr
        )
        pid = (await self._caller.call(_TASK, request)).pid
        # Waiting before starting: a fast end is not lost.
        self._await_exit(container.id)
        await self._caller.call(_START, tasks_pb2.StartRequest(container_id=container.id))
        return pid

    def _await_exit(self, container_id: str) -> "asyncio.Task[Exit]":
        task = asyncio.get_running_loop().create_task(self._exit(container_id))
        # Nobody may ask for it: then its failure is nobody's.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._exits[container_id] = task
        return task

    async def _exit(self, container_id: str) -> Exit:
        while True:
            try:
                request = tasks_pb2.WaitRequest(container_id=container_id)
                reply = await self._caller.call(_WAIT, request, forever=True)
                return Exit(reply.exit_status, reply.exited_at.ToDatetime(UTC))
            except TransientError:
                # containerd restarts; the container does not.
                await asyncio.sleep(_RETRY_S)

    async def _end_task(self, container_id: str) -> None:
        """Kill and delete a task; none is fine."""
        if await self._task(container_id) is None:
            return
        await self.kill(container_id, _SIGKILL)
        with suppress(NotFound):
            await self.wait(container_id)
            await self._caller.call(_END, tasks_pb2.DeleteTaskRequest(container_id=container_id))

    async def _task(self, container_id: str) -> types_task_pb2.Process | None:
        return next((task for task in await self._tasks() if task.id == container_id), None)

    async def _tasks(self) -> Sequence[types_task_pb2.Process]:
        return (await self._caller.call(_TASK_LIST, tasks_pb2.ListTasksRequest())).tasks

    async def _unlease(self, lease: str) -> None:
        request = leases_pb2.DeleteRequest(id=lease)
        await self._ignoring(NotFound, self._caller.call(_UNLEASE, request))

    async def _ignoring(self, outcome: type[Exception], call: Awaitable[_T]) -> None:
        with suppress(outcome):
            await call


def _running(container: containers_pb2.Container, task: types_task_pb2.Process | None) -> Running:
    status = "unknown" if task is None else types_task_pb2.Status.Name(task.status).lower()
    return Running(
        id=container.id,
        image=container.image,
        pid=0 if task is None else task.pid,
        status=status,
        labels=dict(container.labels),
    )


def _event(envelope: types_pb2.Envelope) -> Event:
    payload = _PAYLOADS.get(envelope.event.type_url)
    name, status = payload(envelope.event.value) if payload else ("", 0)
    return Event(
        topic=envelope.topic,
        namespace=envelope.namespace,
        at=envelope.timestamp.ToDatetime(UTC),
        id=name,
        exit_status=status,
    )


def _exited(raw: bytes) -> tuple[str, int]:
    payload = event_payloads_pb2.TaskExit.FromString(raw)
    return payload.container_id, payload.exit_status


def _started(raw: bytes) -> tuple[str, int]:
    return event_payloads_pb2.TaskStart.FromString(raw).container_id, 0


def _ended(raw: bytes) -> tuple[str, int]:
    payload = event_payloads_pb2.TaskDelete.FromString(raw)
    return payload.container_id, payload.exit_status


_PAYLOADS: dict[str, Callable[[bytes], tuple[str, int]]] = {
    "containerd.events.TaskStart": _started,
    "containerd.events.TaskExit": _exited,
    "containerd.events.TaskDelete": _ended,
}


def outputs(log: str) -> tuple[str, str]:
    """Give where both streams of a task are appended: one file, which is there, by two names.

    By one name the shim of containerd 2.4 opens it once, and the stream that ends first closes it:
    what was said last on the other is lost.
    """
    if not log:
        return "", ""
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o644)
    return log, f"{path.parent}/./{path.name}"
