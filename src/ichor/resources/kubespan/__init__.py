"""The mesh between nodes."""
