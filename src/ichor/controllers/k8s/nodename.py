"""Nodename: the name under which this node joins the cluster.

    network/HostnameStatus ─► k8s/Nodename "nodename"

Lower case and letters, digits, `-`, `.` only, as an object's name must be (RFC 1123); only with a
configuration that has Kubernetes in it.
"""

import re
from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.cosi.resource import Resource
from ichor.errors import InputError
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.ids import NODENAME_ID
from ichor.resources.k8s.node import Nodename
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID

_OTHER = re.compile(r"[^a-z0-9.-]", re.ASCII)


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    hostname: Annotated[Resource[HostnameStatus] | None, Get("network", HOSTNAME_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Nodename]]:
    """Yield the name. Raises InputError where nothing of the host's name can be kept."""
    if inputs.hostname is not None and inputs.config.value.has_kubernetes:
        version = str(inputs.hostname.metadata.version)
        name = node_name(inputs.hostname.spec.hostname)
        yield NODENAME_ID, Nodename(nodename=name, hostname_version=version)


def node_name(hostname: str) -> str:
    name = _OTHER.sub("", hostname.lower().replace("_", "-")).strip("-.")
    if not name:
        raise InputError(f"host name {hostname!r}: expected letters or digits for a node's name")
    return name


nodename = Transform(
    name="k8s.Nodename", inputs=Inputs, outputs=[Out(Nodename)], reconcile=reconcile
)
