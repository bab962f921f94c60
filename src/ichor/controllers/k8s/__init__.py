"""Kubernetes on the node: static pods, kubelet, bootstrap manifests, their application."""
