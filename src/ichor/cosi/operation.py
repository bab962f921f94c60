"""Operations: what is asked for once, how far it is, and what is said on the way.

An Operation asks for a sequence; its id is the actor id that events carry. The sequencer answers
with an OperationStatus of the same id. Taking the Operation away cancels what still runs and
forgets what is over.
"""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from ichor.cosi.resource import EPOCH, Definition, Spec


class Operation(Spec, frozen=True, kw_only=True):
    """takeover: end whatever runs, even if the sequence may not do so by itself."""

    definition: ClassVar[Definition] = Definition(
        type="Operations.ichor.dev",
        namespace="runtime",
        aliases=("operation", "operations"),
        columns={"Sequence": "{.sequence}"},
    )
    sequence: str
    parameters: Mapping[str, str] = {}
    takeover: bool = False


class State(enum.Enum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"
    REFUSED = "refused"


class TaskState(Struct, frozen=True, kw_only=True):
    """failed: since when it has been failing, while the operation pauses for it."""

    started: datetime
    ended: datetime | None = None
    failed: datetime | None = None
    error: str = ""


class OperationStatus(Spec, frozen=True, kw_only=True):
    """phase: index of the present phase. tasks: of that phase. notes: errors that were let pass.

    life: of which run of the system; another one means that we were restarted in between.
    """

    definition: ClassVar[Definition] = Definition(
        type="OperationStatuses.ichor.dev",
        namespace="runtime",
        aliases=("operationstatus", "operationstatuses"),
        columns={
            "Sequence": "{.sequence}",
            "State": "{.state}",
            "Phase": "{.phase_name}",
            "Error": "{.error}",
        },
    )
    sequence: str
    parameters: Mapping[str, str] = {}
    state: State = State.RUNNING
    phase: int = -1
    phase_name: str = ""
    tasks: Mapping[str, TaskState] = {}
    lasting: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    life: str = ""
    started: datetime = EPOCH
    ended: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.state is State.RUNNING


class Action(enum.Enum):
    NOOP = "noop"
    START = "start"
    STOP = "stop"


class Code(enum.Enum):
    """Why a sequence did not come to its end."""

    LOCKED = "locked"
    CANCELED = "canceled"
    FATAL = "fatal"


class SequenceEvent(Struct, frozen=True):
    actor: str
    sequence: str
    action: Action
    code: Code | None = None
    error: str = ""


class PhaseEvent(Struct, frozen=True):
    actor: str
    phase: str
    action: Action


class TaskEvent(Struct, frozen=True):
    actor: str
    task: str
    action: Action


OperationEvent = SequenceEvent | PhaseEvent | TaskEvent
