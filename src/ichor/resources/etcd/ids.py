"""Well-known namespaces, ids and labels."""

CONFIG_ID = "etcd"
LOCAL_MEMBER_ID = "local"
NAMESPACE_NAME = "etcd"
PKI_ID = "etcd"
SPEC_ID = "etcd"
