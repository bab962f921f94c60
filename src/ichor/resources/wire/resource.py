"""A resource as the state API's message, and back.

The spec travels twice, as bytes of its message and as YAML text; a type without a message as YAML
alone. Reading prefers the bytes.
"""

from datetime import UTC, datetime
from typing import TypeVar

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from ichor.cosi.resource import Metadata, Phase, Resource, Spec
from ichor.errors import FormatError
from ichor.proto.cosi import resource_pb2
from ichor.resources.wire.codec import fill, read
from ichor.resources.wire.layout import message_class
from ichor.resources.wire.text import from_yaml, to_yaml

S = TypeVar("S", bound=Spec)

# What a resource that is in no store yet says for a version.
UNDEFINED = "undefined"


def encode(resource: Resource[Spec]) -> resource_pb2.Resource:
    return resource_pb2.Resource(
        metadata=encode_metadata(resource.metadata), spec=encode_spec(resource.spec)
    )


def decode(message: resource_pb2.Resource, spec: type[S]) -> Resource[S]:
    """Raises FormatError if the message is of another type, or does not parse."""
    if message.metadata.type != spec.definition.type:
        raise FormatError(f"{spec.definition.type}, not {message.metadata.type!r}")
    return Resource(
        metadata=decode_metadata(message.metadata), spec=decode_spec(message.spec, spec)
    )


def encode_metadata(metadata: Metadata) -> resource_pb2.Metadata:
    return resource_pb2.Metadata(
        namespace=metadata.namespace,
        type=metadata.type,
        id=metadata.id,
        version=str(metadata.version) if metadata.version else UNDEFINED,
        owner=metadata.owner,
        phase=metadata.phase.value,
        created=_stamp(metadata.created),
        updated=_stamp(metadata.updated),
        finalizers=metadata.finalizers,
        labels=dict(metadata.labels),
        annotations=dict(metadata.annotations),
    )


def decode_metadata(message: resource_pb2.Metadata) -> Metadata:
    version = message.version
    if version != UNDEFINED and not version.isdecimal():
        raise FormatError(f"a number or {UNDEFINED} for a version, not {version!r}")
    try:
        phase = Phase(message.phase)
    except ValueError as err:
        raise FormatError(f"running or tearingDown, not {message.phase!r}") from err
    return Metadata(
        namespace=message.namespace,
        type=message.type,
        id=message.id,
        version=0 if version == UNDEFINED else int(version),
        owner=message.owner,
        phase=phase,
        created=message.created.ToDatetime(UTC),
        updated=message.updated.ToDatetime(UTC),
        finalizers=tuple(message.finalizers),
        labels=dict(message.labels),
        annotations=dict(message.annotations),
    )


def encode_spec(spec: Spec) -> resource_pb2.Spec:
    kind = message_class(spec.definition.type)
    raw = b""
    if kind is not None:
        message = kind()
        fill(message, spec)
        raw = message.SerializeToString(deterministic=True)
    return resource_pb2.Spec(proto_spec=raw, yaml_spec=to_yaml(spec))


def decode_spec(message: resource_pb2.Spec, spec: type[S]) -> S:
    kind = message_class(spec.definition.type)
    if kind is None:
        return from_yaml(message.yaml_spec, spec)
    try:
        return read(kind.FromString(message.proto_spec), spec)
    except DecodeError as err:
        raise FormatError(f"a {spec.__name__}: {err}") from err


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
