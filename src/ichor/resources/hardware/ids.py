"""Well-known namespaces, ids and labels."""

NAMESPACE_NAME = "hardware"
SYSTEM_INFORMATION_ID = "systeminformation"
