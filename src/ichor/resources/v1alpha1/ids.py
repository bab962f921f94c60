"""Well-known namespaces, ids and labels."""

NAMESPACE_NAME = "runtime"
