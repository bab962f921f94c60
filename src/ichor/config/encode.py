"""A Config as canonical YAML: documents in the order of the registry, then of their names."""

from typing import cast

from ichor.config.container import Config
from ichor.config.decode import API_VERSION
from ichor.config.document import Document
from ichor.config.registry import KINDS, MAIN
from ichor.config.shape import struct_of
from ichor.formats.yaml.values import Value
from ichor.formats.yaml.write import dump_all


def encode(config: Config) -> str:
    """Write all documents; decode(encode(config)) == config."""
    order = {kind: position for position, kind in enumerate(KINDS)}
    documents = sorted(config.documents, key=lambda document: order[document.KIND])
    return dump_all(to_value(document) for document in documents)


def to_value(document: Document) -> dict[str, Value]:
    """Give a document as plain values, its header first. They carry the secrets in clear."""
    body = cast("dict[str, Value]", struct_of(type(document)).encode(document))
    if document.KIND == MAIN:
        return body
    return {"apiVersion": API_VERSION, "kind": document.KIND, **body}
