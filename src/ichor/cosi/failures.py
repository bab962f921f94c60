"""Failures: every exception of a controller ends here; nothing else of the engine notices.

Logged once per message with the versions of the inputs; tried again after a back-off, or at once
when an input changes (unless the world asked for a pause by `retry_after`); visible meanwhile as a
ControllerStatus, which goes when the controller is well again.
"""

from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import ClassVar

from msgspec import Struct

from ichor.cosi.node import Node
from ichor.cosi.resource import Definition, Key, Resource, Spec, key_of, resource
from ichor.cosi.state import AnyResource, State
from ichor.cosi.timers import Timers
from ichor.cosi.timing import Backoff, TimePort
from ichor.errors import Conflict, IchorError, InputError, NotFound, TransientError
from ichor.log import fields, logger

log = logger(__name__)
OWNER = "engine"
Scope = tuple[str, str]  # controller, item


class ControllerStatus(Spec, frozen=True, kw_only=True):
    """A controller that fails, and with what; the id is its name, with the item after a slash."""

    definition: ClassVar[Definition] = Definition(
        type="ControllerStatuses.ichor.dev",
        namespace="runtime",
        aliases=("controllerstatus", "controllerstatuses"),
        columns={"Controller": "{.controller}", "Item": "{.item}", "Error": "{.error}"},
    )
    controller: str
    item: str = ""
    error: str = ""


class Failure(Struct):
    count: int = 0
    message: str = ""
    paused_until: float = 0.0


class Failures:
    def __init__(
        self, state: State, time: TimePort, random: Random, backoff: Backoff, *, quiet: bool
    ) -> None:
        self._quiet = quiet
        self._state = state
        self._time = time
        self._random = random
        self._backoff = backoff
        self._failing: dict[Scope, Failure] = {}
        self.retries: Timers[Scope, float] = Timers()

    def __len__(self) -> int:
        return len(self._failing)

    def is_paused(self, node: Node, scope: str) -> bool:
        """Whether the world asked not to be tried before a time that is not there yet."""
        failure = self._failing.get((node.name, scope))
        return failure is not None and self._time.monotonic() < failure.paused_until

    def failed(self, node: Node, scope: str, error: Exception) -> timedelta:
        """Take note; give the delay after which `retries` will have the scope due."""
        failure = self._failing.setdefault((node.name, scope), Failure())
        failure.count += 1
        node.metrics.failures += 1
        now = self._time.monotonic()
        delay = self._backoff.delay(failure.count, self._random)
        if isinstance(error, TransientError) and error.retry_after is not None:
            delay = error.retry_after
            failure.paused_until = now + delay.total_seconds()
        self.retries.set((node.name, scope), now + delay.total_seconds())
        message = _shown(error)
        if message != failure.message:
            failure.message = message
            self._show(node, scope, error)
            if not self._quiet:
                self._tell(node, scope, error, delay)
        return delay

    def succeeded(self, node: Node, scope: str) -> None:
        if self._failing.pop((node.name, scope), None) is None:
            return
        self.retries.clear((node.name, scope))
        key = _status_key(node, scope)
        with suppress(Conflict, NotFound):  # a note that somebody took or keeps is theirs
            self._state.destroy(key, OWNER)
        if not self._quiet:
            log.info("controller is well again", extra=fields(controller=node.name, item=scope))

    def _tell(self, node: Node, scope: str, error: Exception, delay: timedelta) -> None:
        expected = isinstance(error, InputError | TransientError)
        log.error(
            "controller failed",
            extra=fields(
                controller=node.name,
                item=scope,
                error=_shown(error),
                retry=f"{delay.total_seconds():.1f}s",
                inputs=" ".join(versions(self._state, node, scope)),
            ),
            exc_info=None if expected else error,
        )

    def _show(self, node: Node, scope: str, error: Exception) -> None:
        status = ControllerStatus(controller=node.name, item=scope, error=_shown(error))
        key = _status_key(node, scope)
        current = self._state.find(key)
        with suppress(Conflict):
            if current is None:
                self._state.create(resource(status, key.id), OWNER)
            else:
                self._state.update(Resource(metadata=current.metadata, spec=status), OWNER)


def versions(state: State, node: Node, scope: str, limit: int = 8) -> list[str]:
    """Name what the controller has read, `type/id@version`, the first few of each input."""
    found: list[AnyResource] = []
    if node.inputs.each is not None and (item := node.inputs.each.item(state, scope)) is not None:
        found.append(item)
    for binding in node.inputs.bindings:
        found.extend(binding.visible(state)[:limit])
    return [f"{one.metadata.type}/{one.id}@{one.metadata.version}" for one in found]


def _shown(error: Exception) -> str:
    """Our own errors are sentences; of others the name says more than the text."""
    return str(error) if isinstance(error, IchorError) else f"{type(error).__name__}: {error}"


def _status_key(node: Node, scope: str) -> Key:
    return key_of(ControllerStatus, f"{node.name}/{scope}" if scope else node.name)
