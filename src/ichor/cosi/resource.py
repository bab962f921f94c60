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
from typing import ClassVar, Generic, TypeVar

from msgspec import Struct

EPOCH = datetime.fromtimestamp(0, UTC)


class Phase(enum.Enum):
    RUNNING = "running"
    TEARING_DOWN = "tearingDown"


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
    """The base of every spec: frozen, strict, comparable by value."""

    definition: ClassVar[Definition]


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


class Resource(Struct, Generic[S_co], frozen=True, kw_only=True):
    metadata: Metadata
    spec: S_co

    @property
    def id(self) -> str:
        return self.metadata.id

    @property
    def labels(self) -> Mapping[str, str]:
        return self.metadata.labels
