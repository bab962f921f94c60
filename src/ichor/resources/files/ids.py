"""Well-known namespaces, ids and labels."""

NAMESPACE_NAME = "files"
SOURCE_FILE_ANNOTATION = "talos.dev/source-file"
