"""Adapters over other services: containerd, etcd, Kubernetes, trustd, discovery."""
