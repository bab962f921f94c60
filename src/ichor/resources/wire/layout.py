"""Which field of a message each field of a structure goes to.

Names agree but for spelling (`hardwareAddr`, `hardware_addr`); `names` lists those that do not.
"""

import importlib
from functools import cache
from typing import NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from msgspec import Struct

from ichor.resources.fields import Mark
from ichor.resources.wire.messages import MESSAGES
from ichor.resources.wire.names import EVERYWHERE, NAMES
from ichor.resources.wire.sorts import Slot, slots

ROOT = "talos.resource.definitions."
META = "cosi.resource."


class Place(NamedTuple):
    """path: names of nested messages to walk through before the field."""

    slot: Slot
    path: tuple[str, ...]
    field: FieldDescriptor


def message_class(type: str) -> type[Message] | None:
    """The message that carries specs of a type; None for those that travel as YAML only."""
    if type not in MESSAGES:
        return None
    package, _, name = MESSAGES[type].partition(".")
    module = "cosi.meta" if package == "meta" else f"definitions.{package}"
    file = importlib.import_module(f"ichor.proto.{module}_pb2").DESCRIPTOR
    return GetMessageClass(file.message_types_by_name[name])


@cache
def places(struct: type[Struct], message: Descriptor) -> tuple[Place, ...]:
    """Every field that travels, with where it goes. Raises LookupError if one has no place."""
    sent = [slot for slot in slots(struct) if Mark.NO_WIRE not in slot.sort.marks]
    return tuple(_place(slot, message) for slot in sent)


def _place(slot: Slot, message: Descriptor) -> Place:
    short = message.full_name.removeprefix(ROOT).removeprefix(META)
    fields = {_plain(field.name): field for field in message.fields}
    direct = fields.get(_plain(slot.name))
    written = NAMES.get((short, slot.name)) or (None if direct else EVERYWHERE.get(slot.name))
    if written is None:
        if direct is None and Mark.INLINE in slot.sort.marks and len(message.fields) == 1:
            direct = message.fields[0]
        if direct is None:
            raise LookupError(f"{message.full_name} has no field for {slot.name}")
        return Place(slot, (), direct)
    *path, last = written.split(".")
    for step in path:
        inner = message.fields_by_name[step].message_type
        if inner is None:
            raise LookupError(f"{message.full_name}.{step} is no message")
        message = inner
    return Place(slot, tuple(path), message.fields_by_name[last])


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
