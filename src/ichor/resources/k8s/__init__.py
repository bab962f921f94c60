"""Kubernetes on this node."""
