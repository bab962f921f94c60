"""The dashboard: what a node is and does, asked of its API, drawn as lines, on a terminal."""
