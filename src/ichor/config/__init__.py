"""The machine configuration, one file per document kind: decode, validate, merge, generate."""
