"""What the system wants from its container runtime, in values.

Two ports: `Images`, what is there to run, and `Containers`, what runs. Both within one containerd
namespace: `system` for services, `k8s.io` for pods. Calls raise TransientError while the runtime
does not answer, NotFound for what is not there, InputError for what it refuses.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from ichor.formats.ocispec import Container


class Image(Struct, frozen=True, kw_only=True):
    """size: of the compressed content in bytes, as far as the index tells."""

    name: str
    digest: str
    size: int
    created: datetime
    labels: Mapping[str, str] = {}


class Progress(Struct, frozen=True, kw_only=True):
    """How far a transfer is: `downloading`, `complete`, `saved` and other words of the runtime.

    name: of a part, as `layer-sha256:…`, or of an image. offset, total: bytes.
    """

    event: str
    name: str = ""
    digest: str = ""
    offset: int = 0
    total: int = 0


Report = Callable[[Progress], None]


class Exit(Struct, frozen=True):
    """How a container's first process ended; status is 128 + signal for a killed one."""

    status: int
    at: datetime


class Running(Struct, frozen=True, kw_only=True):
    """A container as listed; pid is 0 and status `unknown` when it has no task."""

    id: str
    image: str
    pid: int
    status: str
    labels: Mapping[str, str] = {}


class Event(Struct, frozen=True, kw_only=True):
    """Something happened in a namespace: topic like `/tasks/exit`; id is the container's."""

    topic: str
    namespace: str
    at: datetime
    id: str = ""
    exit_status: int = 0


class Images(Protocol):
    async def get(self, name: str) -> Image: ...

    async def list(self) -> tuple[Image, ...]: ...

    async def size(self, image: Image) -> int:
        """Sum what it holds, in bytes as transferred."""
        ...

    async def layers(self, image: Image) -> tuple[str, ...]:
        """Give the digests of its layers for this machine, the lowest first.

        Of the image that was found, whatever its name has come to mean.
        """
        ...

    async def import_archive(
        self,
        chunks: AsyncIterator[bytes],
        *,
        prefixes: tuple[str, ...] = (),
        report: Report | None = None,
    ) -> None:
        """Store and unpack a tar of images: those whose names begin with a prefix, or all."""
        ...

    async def pull(self, name: str, *, hosts_dir: str = "", report: Report | None = None) -> None:
        """Store and unpack an image; hosts_dir: how registries are asked."""
        ...

    async def delete(self, name: str) -> None:
        """Delete an image and what only it used; one that is gone is fine."""
        ...


class Containers(Protocol):
    async def start(self, container: Container) -> int:
        """Run a container, after removing what is left of an earlier one; gives the pid."""
        ...

    async def wait(self, container_id: str) -> Exit:
        """Wait for its end, through restarts of the runtime."""
        ...

    async def kill(self, container_id: str, signal: int) -> None:
        """Signal all its processes; one that has ended already is fine."""
        ...

    async def stop(self, container_id: str, *, grace_s: float) -> Exit | None:
        """Ask it to end, kill it after the grace; None if it did not run."""
        ...

    async def remove(self, container_id: str) -> None:
        """Remove what is left of a container, running or not; nothing left is fine."""
        ...

    async def list(self) -> tuple[Running, ...]: ...

    def events(self) -> AsyncIterator[Event]:
        """Yield what happens from now on; ends by TransientError."""
        ...
