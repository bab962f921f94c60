"""Well-known namespaces, ids and labels."""

ACTIVE_ID = "v1alpha1"
MACHINE_TYPE_ID = "machine-type"
NAMESPACE_NAME = "config"
PERSISTENT_ID = "persistent"
