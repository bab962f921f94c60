"""Well-known namespaces, ids and labels."""

CONFIG_ID = "kubespan"
LOCAL_IDENTITY = "local"
NAMESPACE_NAME = "kubespan"
