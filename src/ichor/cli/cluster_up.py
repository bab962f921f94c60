"""What turns started nodes into a Kubernetes cluster: configurations before, phases after.

`prepare` runs before anything is made, with addresses and ports decided; it gives what nodes start
with and the phases that follow the provisioner's own.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from ichor.provision.provisioner import Phase, Seed
from ichor.provision.record import Cluster


class Options(Struct, frozen=True, kw_only=True):
    """images: build, pull or auto. wait: None to return once nodes are started."""

    patches: tuple[Path, ...] = ()
    images: str = "auto"
    wait: timedelta | None = None


class Prepared(Struct, frozen=True, kw_only=True):
    """userdata: machine configuration by node. seed: fills a fresh /var."""

    userdata: Mapping[str, bytes] = {}
    seed: Seed | None = None
    phases: Sequence[Phase] = ()


def prepare(cluster: Cluster, options: Options) -> Prepared:
    """Give nothing yet: nodes start without a configuration and wait for one by the API."""
    del cluster, options
    return Prepared()
