"""The inventory of applied objects as data of a ConfigMap.

One key an object, without a value: `<namespace>_<name>_<group>_<kind>`, the convention of the
Kubernetes CLI utilities, so that other tools read it. A colon, allowed in names of RBAC objects
but not in keys, is written as two underscores; no Kubernetes name contains an underscore.
"""

from collections.abc import Iterable, Mapping

from ichor.ports.manifests import ObjectId


def to_data(ids: Iterable[ObjectId]) -> Mapping[str, str]:
    return {_key(item): "" for item in sorted(ids)}


def from_data(data: Iterable[str]) -> frozenset[ObjectId]:
    """Read the keys; one that is no object's is passed over."""
    return frozenset(found for key in data if (found := _object_id(key)) is not None)


def _key(item: ObjectId) -> str:
    return "_".join((item.namespace, item.name.replace(":", "__"), item.group, item.kind))


def _object_id(key: str) -> ObjectId | None:
    head, _, kind = key.rpartition("_")
    head, _, group = head.rpartition("_")
    namespace, separator, name = head.partition("_")
    if not separator or not kind or not name:
        return None
    return ObjectId(group, kind, namespace, name.replace("__", ":"))
