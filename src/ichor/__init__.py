"""Ichor: an operating system that does one thing, run Kubernetes.

The layers and their order are in pyproject.toml and drawn in ARCHITECTURE.md.
"""

__version__ = "0.1.0"
