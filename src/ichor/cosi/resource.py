"""Resources: a frozen spec with metadata, and the definition of its type.

A spec class states its own definition, so type, namespace and names of columns stand beside the
fields they describe:

    class HostnameSpec(Spec, frozen=True, kw_only=True):
        definition: ClassVar[Definition] = Definition(
            type="HostnameSpecs.net.talos.dev",
            namespace="network",
            columns={"Hostname": "{.hostname}"},
        )
        hostname: str = ""
"""

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, Generic, NamedTuple, TypeVar

from msgspec import Struct

EPOCH = datetime.fromtimestamp(0, UTC)


class Phase(enum.Enum):
    RUNNING = "running"
    TEARING_DOWN = "tearingDown"


class Kind(NamedTuple):
    """Where resources of one sort live; the unit of listing, watching and declaring."""

    namespace: str
    type: str


class Key(NamedTuple):
    """The name of one resource."""

    namespace: str
    type: str
    id: str

    @property
    def kind(self) -> Kind:
        return Kind(self.namespace, self.type)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.type}/{self.id}"


class Definition(Struct, frozen=True, kw_only=True):
    """What is known of a type without seeing an instance.

    type: `Plural.group`, case-sensitive; its lower-case form is the id of the definition.
    namespace: where instances live unless said otherwise.
    columns: heading -> JSON path, beyond those every listing has, in order of printing.
    """

    type: str
    namespace: str
    aliases: tuple[str, ...] = ()
    columns: Mapping[str, str] = {}
    sensitive: bool = False


class Spec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """The base of every spec: frozen, strict, comparable by value.

    A sensitive one shows no field, so that none gets into a log or an error.
    """

    definition: ClassVar[Definition]

    def __repr__(self) -> str:
        if self.definition.sensitive:
            return f"{type(self).__name__}(<sensitive>)"
        return super().__repr__()


S = TypeVar("S", bound=Spec)
S_co = TypeVar("S_co", bound=Spec, covariant=True)


class Metadata(Struct, frozen=True, kw_only=True):
    """Identity and life of a resource.

    version: counts changes from 1. owner: the controller that may change it, empty for none.
    finalizers: who must agree before it goes, ascending.
    """

    namespace: str
    type: str
    id: str
    version: int = 1
    owner: str = ""
    phase: Phase = Phase.RUNNING
    finalizers: tuple[str, ...] = ()
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    created: datetime = EPOCH
    updated: datetime = EPOCH

    @property
    def key(self) -> Key:
        return Key(self.namespace, self.type, self.id)


class Resource(Struct, Generic[S_co], frozen=True, kw_only=True):
    metadata: Metadata
    spec: S_co

    @property
    def id(self) -> str:
        return self.metadata.id

    @property
    def key(self) -> Key:
        return self.metadata.key

    @property
    def kind(self) -> Kind:
        return Kind(self.metadata.namespace, self.metadata.type)

    @property
    def labels(self) -> Mapping[str, str]:
        return self.metadata.labels

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.metadata.annotations

    @property
    def is_running(self) -> bool:
        return self.metadata.phase is Phase.RUNNING


def kind_of(spec: type[Spec], namespace: str = "") -> Kind:
    """Give the kind of a spec class: its own namespace unless another is named."""
    return Kind(namespace or spec.definition.namespace, spec.definition.type)


def key_of(spec: type[Spec], id: str, namespace: str = "") -> Key:
    return Key(namespace or spec.definition.namespace, spec.definition.type, id)


def resource(
    spec: S,
    id: str,
    *,
    namespace: str = "",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Resource[S]:
    """Make a resource that is in no store yet."""
    metadata = Metadata(
        namespace=namespace or spec.definition.namespace,
        type=spec.definition.type,
        id=id,
        labels=labels or {},
        annotations=annotations or {},
    )
    return Resource(metadata=metadata, spec=spec)
