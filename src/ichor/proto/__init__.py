"""Generated from proto/*.proto by `make gen`; never edited by hand."""
