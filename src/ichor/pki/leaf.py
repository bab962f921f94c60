"""Which certificates there are and what each says: the requests a signer is given.

No cryptography here, so whoever decides that a certificate is needed need not load it.
OS: apid and trustd, 24 h. Kubernetes: a year. etcd: ten years, remade when addresses change.
"""

import enum
from datetime import timedelta
from typing import Final

from msgspec import Struct

from ichor.pki.roles import Role

DAY: Final = timedelta(hours=24)
YEAR: Final = timedelta(days=365)
ETCD_LIFETIME: Final = 10 * YEAR
MASTERS: Final = "system:masters"


class Algorithm(enum.Enum):
    ED25519 = "ed25519"
    P256 = "p256"
    RSA = "rsa"


class Usage(enum.Enum):
    SERVER = "server"
    CLIENT = "client"


SERVER: Final = frozenset({Usage.SERVER})
CLIENT: Final = frozenset({Usage.CLIENT})
BOTH: Final = SERVER | CLIENT


class Leaf(Struct, frozen=True, kw_only=True):
    """What a certificate is to say. sans: addresses and DNS names, told apart by their form."""

    common_name: str = ""
    organizations: tuple[str, ...] = ()
    sans: tuple[str, ...] = ()
    usages: frozenset[Usage]
    lifetime: timedelta


def os_server(name: str, sans: tuple[str, ...], lifetime: timedelta = DAY) -> Leaf:
    """Describe the server certificate of apid or trustd."""
    return Leaf(common_name=name, sans=sans, usages=SERVER, lifetime=lifetime)


def os_forwarder(name: str, lifetime: timedelta = DAY) -> Leaf:
    """Describe the client certificate with which a control plane's apid forwards calls."""
    return os_client((Role.IMPERSONATOR,), lifetime, common_name=name)


def os_client(roles: tuple[str, ...], lifetime: timedelta = YEAR, *, common_name: str = "") -> Leaf:
    """Describe the certificate of a caller with these roles."""
    return Leaf(
        common_name=common_name, organizations=tuple(roles), usages=CLIENT, lifetime=lifetime
    )


def kube_apiserver(sans: tuple[str, ...]) -> Leaf:
    return Leaf(
        common_name="kube-apiserver",
        organizations=("kube-master",),
        sans=sans,
        usages=SERVER,
        lifetime=YEAR,
    )


def kube_client(common_name: str, organization: str = "", lifetime: timedelta = YEAR) -> Leaf:
    organizations = (organization,) if organization else ()
    return Leaf(
        common_name=common_name, organizations=organizations, usages=CLIENT, lifetime=lifetime
    )


KUBELET_CLIENT: Final = kube_client("apiserver-kubelet-client", MASTERS)
FRONT_PROXY: Final = kube_client("front-proxy-client")  # of the aggregator CA
CONTROLLER_MANAGER: Final = kube_client(
    "system:kube-controller-manager", "system:kube-controller-manager"
)
SCHEDULER: Final = kube_client("system:kube-scheduler", "system:kube-scheduler")
OS_ADMIN: Final = kube_client("talos:admin", MASTERS)  # the machine's own kubeconfigs


def admin(lifetime: timedelta = YEAR) -> Leaf:
    """Describe the certificate in the kubeconfig that the API hands out."""
    return kube_client("admin", MASTERS, lifetime)


def etcd_member(hostname: str, sans: tuple[str, ...]) -> Leaf:
    """Describe etcd's server and peer certificates: each acts as client, too."""
    return Leaf(common_name=hostname, sans=sans, usages=BOTH, lifetime=ETCD_LIFETIME)


ETCD_ADMIN: Final = Leaf(common_name="admin", usages=CLIENT, lifetime=ETCD_LIFETIME)
ETCD_APISERVER: Final = Leaf(common_name="kube-apiserver", usages=CLIENT, lifetime=ETCD_LIFETIME)
