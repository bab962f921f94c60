"""Files under /etc."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec


class EtcFileSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="EtcFileSpecs.files.talos.dev",
        namespace="files",
        aliases=("etcfilespec", "efs"),
        sensitive=True,
    )
    contents: str = ""
    mode: int = 0
    selinux_label: str = ""


class EtcFileStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="EtcFileStatuses.files.talos.dev",
        namespace="files",
        aliases=("etcfilestatus", "efs"),
    )
    spec_version: str = ""
