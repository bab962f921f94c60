"""Well-known namespaces, ids and labels."""

CPU_ID = "latest"
MEMORY_ID = "latest"
NAMESPACE_NAME = "perf"
