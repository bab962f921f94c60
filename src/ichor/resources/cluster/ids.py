"""Well-known namespaces, ids and labels."""

CONFIG_ID = "cluster"
INFO_ID = "current"
LOCAL_IDENTITY = "local"
NAMESPACE_NAME = "cluster"
RAW_NAMESPACE_NAME = "cluster-raw"
