"""Certificates that the node's own programs trust beside those of the image, PEM."""

from typing import ClassVar

from ichor.config.document import Named
from ichor.config.field import Cert


class TrustedRootsConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "TrustedRootsConfig"

    certificates: Cert
