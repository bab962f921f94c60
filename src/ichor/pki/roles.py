"""Roles of a caller: the organisations of a client certificate, or what `talos-role` states.

Unknown values are kept and grant nothing. Only a peer with os:impersonator may state roles for
the caller it forwards.
"""

import enum
from collections.abc import Iterable
from typing import Final

from ichor.pki.certificate import Certificate

METADATA_KEY: Final = "talos-role"


class Role(enum.StrEnum):
    ADMIN = "os:admin"
    OPERATOR = "os:operator"
    READER = "os:reader"
    ETCD_BACKUP = "os:etcd:backup"
    IMAGE_VERIFIER = "os:image:verifier"
    META_WRITER = "os:meta:writer"
    IMPERSONATOR = "os:impersonator"


ALL: Final = frozenset(str(role) for role in Role)
ASSIGNABLE: Final = ALL - {Role.IMPERSONATOR}


def of_certificate(certificate: Certificate) -> frozenset[str]:
    return frozenset(certificate.organizations)


def of_metadata(values: Iterable[str]) -> frozenset[str]:
    """Read the values of `talos-role`; empty ones are dropped."""
    return frozenset(value for value in values if value)


def of_caller(certificate: Certificate, stated: Iterable[str]) -> frozenset[str]:
    """Give the roles of a call: the certificate's, or the stated ones if it may state them."""
    own = of_certificate(certificate)
    return of_metadata(stated) if Role.IMPERSONATOR in own else own


def granted(requested: Iterable[str], allowed: Iterable[str]) -> frozenset[str]:
    return frozenset(requested) & frozenset(allowed)


def has_any(roles: Iterable[str], needed: Iterable[str]) -> bool:
    return not frozenset(roles).isdisjoint(needed)
