"""Protocols for effects, one file per facility: types and one-line contracts only."""
