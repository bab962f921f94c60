"""The outcome of a call: sixteen codes, a message, optional details (gRPC's statuscodes.md)."""

import enum
from typing import TypeAlias

from ichor.errors import IchorError

Pair: TypeAlias = tuple[str, str | bytes]


class Code(enum.IntEnum):
    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16

    @classmethod
    def parse(cls, text: str) -> "Code":
        """Read a grpc-status value; what is no known code is UNKNOWN."""
        try:
            return cls(int(text))
        except ValueError:
            return cls.UNKNOWN


class RpcError(IchorError):
    """A call that did not end with OK.

    details: a serialised google.rpc.Status (the trailer grpc-status-details-bin), or empty.
    trailers: what the server sent beside the status.
    unprocessed: the peer surely did not start the call, so it may be sent again.
    """

    def __init__(
        self,
        code: Code,
        message: str = "",
        *,
        details: bytes = b"",
        trailers: tuple[Pair, ...] = (),
        unprocessed: bool = False,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = details
        self.trailers = trailers
        self.unprocessed = unprocessed

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}" if self.message else self.code.name


# What a response that is not gRPC means (gRPC's http-grpc-status-mapping.md); else UNKNOWN.
FROM_HTTP = {
    400: Code.INTERNAL,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.UNIMPLEMENTED,
    429: Code.UNAVAILABLE,
    502: Code.UNAVAILABLE,
    503: Code.UNAVAILABLE,
    504: Code.UNAVAILABLE,
}
