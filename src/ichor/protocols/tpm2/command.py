"""Commands and responses (TPM Library, part 1, 18; part 3).

    u16 tag, u32 size, u32 code | handles | u32 size, sessions | parameters
    u16 tag, u32 size, u32 response code | handle | u32 size | parameters | sessions

An exchange is a generator that yields commands and is sent their responses: who has a TPM runs it.
Objects it leaves in the TPM go with the connection, as the kernel's resource manager has it.
"""

from collections.abc import Generator, Sequence
from enum import IntEnum
from typing import Final, NamedTuple, Protocol, TypeAlias, TypeVar

from ichor.errors import FormatError
from ichor.protocols.tpm2 import wire
from ichor.protocols.tpm2.refusal import Refused
from ichor.protocols.tpm2.wire import Reader, u16, u32

_NO_SESSIONS, _SESSIONS = 0x8001, 0x8002  # part 2, 6.9
_HEAD: Final = 10
T = TypeVar("T")
Exchange: TypeAlias = Generator[bytes, bytes, T]


class Code(IntEnum):
    """TPM_CC (part 2, 6.5.2)."""

    CREATE_PRIMARY = 0x131
    PCR_EVENT = 0x13C
    ACTIVATE_CREDENTIAL = 0x147
    NV_READ = 0x14E
    POLICY_SECRET = 0x151
    CREATE = 0x153
    LOAD = 0x157
    QUOTE = 0x158
    UNSEAL = 0x15E
    LOAD_EXTERNAL = 0x167
    NV_READ_PUBLIC = 0x169
    POLICY_AUTHORIZE = 0x16A
    START_AUTH_SESSION = 0x176
    VERIFY_SIGNATURE = 0x177
    GET_RANDOM = 0x17B
    PCR_READ = 0x17E
    POLICY_PCR = 0x17F


class Entity(NamedTuple):
    """What a handle leads to, and its name (part 1, 16)."""

    handle: int
    name: bytes


def of_tpm(handle: int) -> Entity:
    """Give a hierarchy, a PCR or a session: they are named by their handles."""
    return Entity(handle, u32(handle))


class Authorization(Protocol):
    """One session of a command, which may be of use to several."""

    def seal(self, call: "Call") -> tuple[bytes, bytes]:
        """Give the session's part of the command, and the parameters, encrypted if they are."""
        ...

    def open(self, call: "Call", parameters: bytes, sessions: Reader) -> bytes:
        """Check the session's part of the response; give the parameters, decrypted if they were.

        Raises FormatError where it is not the TPM's that the session was begun with.
        """
        ...


class Call(NamedTuple):
    """secret_in, secret_out: the first parameter is a sized buffer that nobody else is to read.

    gives: the response has a handle. authorized: by whom; of the handles the first ones.
    """

    code: Code
    entities: Sequence[Entity] = ()
    parameters: bytes = b""
    authorized: Sequence[Authorization] = ()
    gives: bool = False
    secret_in: bool = False
    secret_out: bool = False


class Answer(NamedTuple):
    handle: int
    body: Reader


class Password:
    """An empty password: what protects us is a policy, or that nothing needs protection."""

    def seal(self, call: Call) -> tuple[bytes, bytes]:
        return u32(wire.PASSWORD) + u16(0) + b"\1" + u16(0), call.parameters

    def open(self, call: Call, parameters: bytes, sessions: Reader) -> bytes:
        sessions.sized()
        sessions.u8()
        sessions.sized()
        return parameters


def call(wanted: Call) -> Exchange[Answer]:
    """Raises Refused, FormatError."""
    response = yield _command(wanted)
    return _answer(wanted, response)


def _command(wanted: Call) -> bytes:
    parameters, areas = wanted.parameters, b""
    for one in wanted.authorized:
        area, parameters = one.seal(wanted._replace(parameters=parameters))
        areas += area
    tag = _SESSIONS if areas else _NO_SESSIONS
    handles = b"".join(u32(entity.handle) for entity in wanted.entities)
    body = handles + (u32(len(areas)) + areas if areas else b"") + parameters
    return u16(tag) + u32(_HEAD + len(body)) + u32(wanted.code) + body


def _answer(wanted: Call, response: bytes) -> Answer:
    reader = Reader(response)
    tag, size, code = reader.u16(), reader.u32(), reader.u32()
    if size != len(response):
        raise FormatError(f"a response of {size} bytes, not {len(response)}")
    if code:
        raise Refused(wanted.code.name, code)
    if tag != (_SESSIONS if wanted.authorized else _NO_SESSIONS):
        raise FormatError("the tag of what was asked")
    handle = reader.u32() if wanted.gives else 0
    if not wanted.authorized:
        return Answer(handle, Reader(reader.rest()))
    parameters = reader.take(reader.u32())
    for one in wanted.authorized:
        parameters = one.open(wanted, parameters, reader)
    reader.end()
    return Answer(handle, Reader(parameters))
