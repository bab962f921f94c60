"""Well-known namespaces, ids and labels."""

BASE_RUNTIME_SPEC_DEFAULT_ID = "default"
BASE_RUNTIME_SPEC_OVERRIDES_ID = "overrides"
IMAGE_CACHE_CONFIG_ID = "image-cache"
NAMESPACE_NAME = "cri"
REGISTRIES_CONFIG_ID = "registries"
