"""Versions of what a node is made of; generated from components/versions.toml."""

from collections.abc import Mapping

VERSIONS: Mapping[str, str] = {
    "kubernetes": "1.37.1",
    "etcd": "3.7.3",
    "containerd": "2.4.2",
    "runc": "1.5.2",
    "cni": "1.9.1",
    "coredns": "1.14.7",
    "pause": "3.10",
    "testtool": "1.0.0",
    "go": "1.26.6",
    "python": "3.13",
}
