"""Files outside /etc that the system renders: certificates, keys, configuration of components."""

from typing import ClassVar

from ichor.config.secret import Secret
from ichor.cosi.resource import Definition, Spec

NAMESPACE = "files"


class FileSpec(Spec, frozen=True, kw_only=True):
    """Its id is its absolute path."""

    definition: ClassVar[Definition] = Definition(
        type="FileSpecs.ichor.dev", namespace=NAMESPACE, aliases=("filespec",), sensitive=True
    )
    content: Secret
    mode: int = 0o400
    uid: int = 0
    gid: int = 0


class FileStatus(Spec, frozen=True, kw_only=True):
    """Which version of the spec is on the disk."""

    definition: ClassVar[Definition] = Definition(
        type="FileStatuses.ichor.dev",
        namespace=NAMESPACE,
        aliases=("filestatus",),
        columns={"Version": "{.spec_version}"},
    )
    spec_version: int
